/**
 * `npm run bench -- epoch`: one epoch on MovieLens-1M as the sequential papers use it, by the trainer
 * of `usher train` and by RecTools. An epoch reads every user's last 200 training items once; cutting
 * batches and masking are part of it, reading the file and compiling graphs are not.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Interactions } from "../src/data/interactions.ts";
import { splitLeaveOneOut } from "../src/data/leave-one-out.ts";
import { loadDataset } from "../src/data/load-dataset.ts";
import { trainingInteractions } from "../src/data/split.ts";
import { lastWindows } from "../src/data/windows.ts";
import { maskedSteps } from "../src/models/masked-steps.ts";
import { createNetwork } from "../src/models/networks.ts";
import { nextItemSteps } from "../src/models/next-item-steps.ts";
import { loadRuntime } from "../src/runtime/load-runtime.ts";
import type { EpochSteps } from "../src/training/loop.ts";
import type { TrainableModel } from "../src/training/trainable-model.ts";
import { createTrainer, type Trainer } from "../src/training/trainer.ts";

import { formatRows } from "./format-rows.ts";
import { findPeerPython, PEERS_MISSING, startPeer } from "./peer.ts";
import { type Comparison, formatComparisons, takeTurns } from "./sides.ts";

export interface EpochOptions {
  /** Epochs of each side. Default: 3. */
  readonly rounds?: number;
  /** The folder of the data set. */
  readonly data?: string;
  /** Called with a line about each turn. */
  readonly onStep?: (line: string) => void;
}

/** Both sides train with these. */
const settings = {
  numBlocks: 2,
  numHeads: 2,
  length: 200,
  batchSize: 128,
  dropoutRate: 0.2,
  learningRate: 1e-3,
  maskProbability: 0.2,
};

interface EpochCase {
  readonly name: "bert4rec" | "sasrec";
  readonly embeddingDim: number;
  /** The most that our time over the peer's may be. */
  readonly bar: number;
  readonly create: (train: Interactions, embeddingDim: number) => OurTraining;
}

interface OurTraining {
  readonly model: TrainableModel;
  steps(epoch: number): EpochSteps;
}

const cases: readonly EpochCase[] = [
  { name: "bert4rec", embeddingDim: 64, bar: 0.25, create: createBert4Rec },
  { name: "sasrec", embeddingDim: 128, bar: 0.4, create: createSasRec },
];

/** Seconds an epoch. */
export async function benchEpoch(options: EpochOptions = {}): Promise<Comparison[]> {
  const { data = "../shared/data/ml-1m-sasrec" } = options;
  const { interactions } = await loadDataset(data);
  const train = lastItems(trainingInteractions(splitLeaveOneOut(interactions)), settings.length);
  const results: Comparison[] = [];
  for (const epochCase of cases) results.push(await benchCase(epochCase, train, options));
  return results;
}

async function benchCase(
  { name, embeddingDim, bar, create }: EpochCase,
  train: Interactions,
  { rounds = 3, onStep = () => {} }: EpochOptions,
): Promise<Comparison> {
  const training = create(train, embeddingDim);
  const trainer = await createOurTrainer(training.model);
  const peer = await startRecTools({ ...settings, model: name, embeddingDim }, train);
  let epoch = 0;
  try {
    await compileAll(trainer, training, rounds);
    const ours = async (): Promise<number[]> => [await runEpoch(trainer, training.steps(++epoch))];
    const sides = [{ name: "usher", measure: ours }];
    if (peer) {
      sides.push({ name: "RecTools", measure: async () => [Number((await peer.ask({})).seconds)] });
    }
    const measured = await takeTurns(sides, rounds, (side, [seconds]) => {
      onStep(`${name}: ${side}: ${seconds.toFixed(1)} s`);
    });
    const ratio = peer && measured[0].median / measured[1].median;
    const versions = [trainer.runtime, ...(peer ? [peer.version] : [])];
    return { name, sides: measured, ratio, bar, versions, note: peer ? null : PEERS_MISSING };
  } finally {
    peer?.stop();
    await trainer.dispose();
  }
}

/** The result for people. */
export function formatEpoch(results: readonly Comparison[]): string {
  return formatComparisons("epoch", results, (seconds) => `${seconds.toFixed(1)} s`);
}

/** The last `length` rows of each user. */
function lastItems(train: Interactions, length: number): Interactions {
  const offsets = [0];
  const items: number[] = [];
  for (const { start, end } of lastWindows(train, length)) {
    items.push(...train.items.subarray(start, end));
    offsets.push(items.length);
  }
  return { ...train, offsets: Uint32Array.from(offsets), items: Uint32Array.from(items) };
}

function createBert4Rec(train: Interactions, embeddingDim: number): OurTraining {
  const { numBlocks, numHeads, length, batchSize, dropoutRate, maskProbability } = settings;
  const numItems = train.itemIds.length;
  const shape = { numItems, embeddingDim, numBlocks, numHeads, maxLength: length };
  const model = createNetwork({
    config: { kind: "bert4rec", ...shape, normPlacement: "pre", hasHead: false },
    dropoutRate,
  });
  const masking = {
    probability: maskProbability,
    lastProbability: 0,
    randomShare: 0.1,
    keptShare: 0.1,
  };
  const options = { seed: 1, numItems, embeddingDim, batchSize, accumulation: 1, masking };
  return { model, steps: (epoch) => maskedSteps(train, { longest: length }, epoch, options) };
}

function createSasRec(train: Interactions, embeddingDim: number): OurTraining {
  const { numBlocks, numHeads, length, batchSize, dropoutRate } = settings;
  const numItems = train.itemIds.length;
  const shape = { numItems, embeddingDim, numBlocks, numHeads, maxLength: length };
  // RecTools' feed-forward layers are as wide as the embedding.
  const model = createNetwork({
    config: { kind: "sasrec", ...shape, feedForwardDim: embeddingDim },
    dropoutRate,
  });
  const lengths = { numInputs: length, numTargets: length };
  const options = { seed: 1, embeddingDim, batchSize, accumulation: 1 };
  return { model, steps: (epoch) => nextItemSteps(train, lengths, epoch, options) };
}

async function createOurTrainer(model: TrainableModel): Promise<Trainer> {
  return createTrainer(await loadRuntime({ backend: "native" }), model, {
    seed: 1,
    averageDecay: 0,
    maxGradientNorm: Number.POSITIVE_INFINITY,
    session: {},
  });
}

/** One step of every shape that the epochs to be timed will have. */
async function compileAll(trainer: Trainer, training: OurTraining, rounds: number): Promise<void> {
  const seen = new Set<string>();
  for (let epoch = 1; epoch <= rounds; epoch++) {
    const steps = training.steps(epoch);
    for (let index = 0; index < steps.numSteps; index++) {
      const { batches } = steps.step(index);
      const { tokens, positions } = batches[0][0];
      const shape = [tokens.shape, positions.shape].join();
      if (seen.has(shape)) continue;
      seen.add(shape);
      await trainer.step({ batches, learningRate: settings.learningRate });
    }
  }
}

/** @returns seconds */
async function runEpoch(trainer: Trainer, steps: EpochSteps): Promise<number> {
  const started = performance.now();
  for (let index = 0; index < steps.numSteps; index++) {
    const { batches } = steps.step(index);
    await trainer.step({ batches, learningRate: settings.learningRate });
  }
  return (performance.now() - started) / 1000;
}

async function startRecTools(setup: object, train: Interactions) {
  const python = findPeerPython();
  if (python === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "usher-epoch-"));
  try {
    const data = join(folder, "train.txt");
    writeFileSync(data, formatRows(train));
    // It has read the file when it answers.
    return await startPeer(python, "epoch.py", { ...setup, data });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
