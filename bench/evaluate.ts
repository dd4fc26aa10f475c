/**
 * `npm run bench -- evaluate`: every user of ml-1m-sasrec ranked against the whole catalog by a SASRec
 * (d 128, length 200), with all metrics and their intervals, and RecTools' recommend, which makes lists
 * of ten and measures nothing. Neither has been trained: that changes no time.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { splitLeaveOneOut } from "../src/data/leave-one-out.ts";
import { loadDataset } from "../src/data/load-dataset.ts";
import { type Split, trainingInteractions } from "../src/data/split.ts";
import { evaluate } from "../src/evaluation/evaluate.ts";
import { networkOnnx } from "../src/models/network-onnx.ts";
import { createNetwork, type NetworkConfig, networkInput } from "../src/models/networks.ts";
import { createOnnxRecommender } from "../src/models/onnx-recommender.ts";
import type { Recommender } from "../src/models/recommender.ts";
import { initializeParameters } from "../src/nn/parameters.ts";
import { loadRuntime } from "../src/runtime/load-runtime.ts";
import { formatRows } from "./format-rows.ts";
import { findPeerPython, PEERS_MISSING, type Peer, startPeer } from "./peer.ts";
import { type Comparison, formatComparisons, takeTurns } from "./sides.ts";

export interface EvaluateBenchOptions {
  /** Evaluations of each side. Default: 3. */
  readonly rounds?: number;
  /** The folder of the data set. */
  readonly data?: string;
  /** Called with a line about each turn. */
  readonly onStep?: (line: string) => void;
}

/** Both sides have these. */
const shape = { numBlocks: 2, numHeads: 2, embeddingDim: 128, length: 200 };

/** In seconds; the bar of the issue is 20 s, and no longer than the peer. */
export async function benchEvaluate(options: EvaluateBenchOptions = {}): Promise<Comparison[]> {
  const { rounds = 3, data = "../shared/data/ml-1m-sasrec", onStep = () => {} } = options;
  const { interactions } = await loadDataset(data);
  const split = splitLeaveOneOut(interactions);
  const recommender = await createSasRec(interactions.itemIds.length);
  const peer = await startRecTools(split);
  try {
    const ours = async (): Promise<number[]> => {
      const started = performance.now();
      // The test rows are nobody's to look at here.
      await evaluate(recommender, split, { protocol: "full", rows: "validation" });
      return [(performance.now() - started) / 1000];
    };
    const sides = [{ name: "usher", measure: ours }];
    if (peer) {
      sides.push({ name: "RecTools", measure: async () => [Number((await peer.ask({})).seconds)] });
    }
    const measured = await takeTurns(sides, rounds, (side, [seconds]) => {
      onStep(`${side}: ${seconds.toFixed(1)} s`);
    });
    const ratio = peer && measured[0].median / measured[1].median;
    const note = peer ? null : PEERS_MISSING;
    const versions = peer ? [peer.version] : [];
    return [{ name: "sasrec", sides: measured, ratio, bar: 1, versions, note }];
  } finally {
    peer?.stop();
    await recommender.dispose();
  }
}

/** The result for people. */
export function formatEvaluateBench(results: readonly Comparison[]): string {
  return formatComparisons("evaluate", results, (seconds) => `${seconds.toFixed(1)} s`);
}

async function createSasRec(numItems: number): Promise<Recommender> {
  const { length: maxLength, ...others } = shape;
  const config: NetworkConfig = {
    kind: "sasrec",
    ...others,
    numItems,
    maxLength,
    feedForwardDim: shape.embeddingDim,
  };
  const network = createNetwork({ config, dropoutRate: 0 });
  const graph = networkOnnx(network, initializeParameters(network.parameters, 1));
  const session = await (await loadRuntime({ backend: "native" })).createSession(graph);
  return createOnnxRecommender(session, { name: "sasrec", numItems, input: networkInput(config) });
}

async function startRecTools(split: Split): Promise<Peer | null> {
  const python = findPeerPython();
  if (python === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "usher-evaluate-"));
  try {
    const data = join(folder, "train.txt");
    writeFileSync(data, formatRows(trainingInteractions(split)));
    const training = { batchSize: 128, dropoutRate: 0.2, learningRate: 1e-3, model: "sasrec" };
    // It has read the file when it answers.
    return await startPeer(python, "evaluate.py", { ...shape, ...training, data });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
