/**
 * `npm run bench -- train-to`: from the raw file of ml-1m-sasrec to a SASRec (d 128, length 200, full
 * cross entropy) with a validation nDCG@10 of 0.17, by `usher train` and by RecTools: the same shape,
 * optimizer, users in a batch, training rows and validation users, and validation after every epoch.
 * Ours averages weights, which RecTools has no option for.
 * The clock starts with the process. Each side runs once, RecTools for at most 2.6 times our time: it
 * takes the better part of an hour.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentError } from "../src/common/errors.ts";
import { loadDataset } from "../src/data/load-dataset.ts";
import { lastWindows } from "../src/data/windows.ts";
import { readTrainingLog } from "../src/training/training-log.ts";
import { formatRows } from "./format-rows.ts";
import { findPeerPython, PEERS_MISSING } from "./peer.ts";

export interface TrainToOptions {
  /** Validation nDCG@10. Default: 0.17. */
  readonly target?: number;
  /** The folder of the data set. */
  readonly data?: string;
  /** Called with a line about each epoch. */
  readonly onStep?: (line: string) => void;
}

/** One side's way to the target. */
export interface Way {
  readonly name: string;
  /** From the start of the process to the target, or to where it was given up. */
  readonly seconds: number;
  readonly isThere: boolean;
  readonly epochs: number;
  /** The best validation nDCG@10. */
  readonly reached: number;
}

export interface TrainToResult {
  readonly target: number;
  readonly ways: readonly Way[];
  /**
   * Our time over the peer's: less than this where the peer did not get there. Null where we did not,
   * or the peers are missing.
   */
  readonly ratio: number | null;
  readonly bar: number;
  readonly note: string | null;
}

/** Both sides train with these. */
const settings = {
  numBlocks: 2,
  numHeads: 2,
  embeddingDim: 128,
  length: 200,
  batchSize: 32,
  dropoutRate: 0.25,
  learningRate: 1e-3,
};
/** RecTools' own. */
const BETA2 = 0.98;
/** Of our weights, a moving average is validated: at a constant learning rate the last ones rattle. */
const AVERAGE_DECAY = 0.999;
const MAX_EPOCHS = 40;
const BAR = 0.4;
/** RecTools is stopped after so many times our time: the ratio is below the bar by then. */
const PATIENCE = 2.6;

export async function benchTrainTo(options: TrainToOptions = {}): Promise<TrainToResult> {
  const { target = 0.17, data = "../shared/data/ml-1m-sasrec", onStep = () => {} } = options;
  const folder = mkdtempSync(join(tmpdir(), "usher-train-to-"));
  try {
    const file = await writeRawFile(data, folder);
    const python = findPeerPython();
    const ours = await ourWay(file, folder, target, onStep);
    const result = { target, bar: BAR, note: python === null ? PEERS_MISSING : null };
    if (python === null || !ours.isThere) return { ...result, ways: [ours], ratio: null };
    const peers = await peersWay(python, file, target, PATIENCE * ours.seconds, onStep);
    return { ...result, ways: [ours, peers], ratio: ours.seconds / peers.seconds };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The result for people. */
export function formatTrainTo({ target, ways, ratio, bar, note }: TrainToResult): string {
  const describe = ({ name, seconds, isThere, epochs, reached }: Way): string =>
    `${name} ${isThere ? "" : "not in "}${(seconds / 60).toFixed(1)} min (${epochs} epochs, ${reached.toFixed(4)})`;
  const below = ways.every(({ isThere }) => isThere) ? "" : "below ";
  const verdict = ratio === null ? note : `ratio ${below}${ratio.toFixed(2)} (bar ${bar})`;
  const sides = ways.map(describe).join(", ");
  return `train-to ${target}: ${sides}${verdict === null ? "" : `; ${verdict}`}\n`;
}

/** What both read: each user's last rows, since RecTools trains on no more; two are held out. */
async function writeRawFile(data: string, folder: string): Promise<string> {
  const { interactions } = await loadDataset(data);
  const offsets = [0];
  const items: number[] = [];
  for (const { start, end } of lastWindows(interactions, settings.length + 3)) {
    items.push(...interactions.items.subarray(start, end));
    offsets.push(items.length);
  }
  const last = { ...interactions, offsets: Uint32Array.from(offsets) };
  // Ids from 1, as in the file of the sequential papers.
  const ids = Uint32Array.from(items, (item) => item + 1);
  const file = join(folder, "rows.txt");
  writeFileSync(file, formatRows({ ...last, items: ids }));
  return file;
}

function recipeOf(): object {
  const { length, learningRate, batchSize, ...shape } = settings;
  return {
    formatVersion: 1,
    name: "train-to",
    // RecTools' feed-forward layers are as wide as the embedding.
    model: { kind: "sasrec", ...shape, maxLength: length, feedForwardDim: shape.embeddingDim },
    split: { kind: "leave-one-out" },
    stages: [{ epochs: MAX_EPOCHS, windowLength: length }],
    batchSize,
    optimizer: { learningRate, beta2: BETA2, averageDecay: AVERAGE_DECAY },
    schedule: { kind: "constant" },
    validation: { everyEpochs: 1 },
  };
}

async function ourWay(
  file: string,
  folder: string,
  target: number,
  onStep: (line: string) => void,
): Promise<Way> {
  const [recipe, out] = [join(folder, "recipe.json"), join(folder, "out")];
  writeFileSync(recipe, JSON.stringify(recipeOf()));
  const started = performance.now();
  const args = [resolve("dist/cli/main.js"), "train", recipe, "--data", file, "--out", out];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "exit").then(() => true);
  const log = join(out, "training.jsonl");
  const found = watch("usher", target, started, onStep);
  for (let isOver = false; ; ) {
    const lines = existsSync(log) ? readTrainingLog(log) : [];
    for (const { epoch, validation } of lines.slice(found.way().epochs)) {
      if (found.see(epoch, validation?.["ndcg@10"] ?? 0)) {
        child.kill("SIGKILL");
        await ended;
        return found.way();
      }
    }
    if (isOver && child.exitCode !== 0) throw new EnvironmentError("usher train ended early");
    if (isOver) return found.way();
    isOver = await Promise.race([ended, sleep(500, false)]);
  }
}

async function peersWay(
  python: string,
  data: string,
  target: number,
  limit: number,
  onStep: (line: string) => void,
): Promise<Way> {
  const started = performance.now();
  const child = spawn(python, [resolve("bench/peers/train_to.py")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const setup = { ...settings, model: "sasrec", data, target, maxEpochs: MAX_EPOCHS };
  child.stdin.end(`${JSON.stringify(setup)}\n`);
  const found = watch("RecTools", target, started, onStep);
  const ended = once(child, "exit");
  const alarm = setTimeout(() => {
    found.giveUp(limit);
    child.kill("SIGKILL");
  }, limit * 1000);
  for await (const line of createInterface({ input: child.stdout })) {
    const { epoch, ndcg } = JSON.parse(line) as { epoch?: number; ndcg: number };
    if (epoch !== undefined) found.see(epoch, ndcg);
  }
  clearTimeout(alarm);
  const [code] = await ended;
  if (code) throw new EnvironmentError("bench/peers/train_to.py ended early");
  return found.way();
}

/** Keeps what a side has reached. */
function watch(
  name: string,
  target: number,
  started: number,
  onStep: (line: string) => void,
): { see(epoch: number, ndcg: number): boolean; giveUp(seconds: number): void; way(): Way } {
  let way: Way = { name, seconds: 0, isThere: false, epochs: 0, reached: 0 };
  return {
    see: (epoch, ndcg) => {
      const passed = (performance.now() - started) / 1000;
      onStep(`${name}: epoch ${epoch}, ${passed.toFixed(0)} s: nDCG@10 ${ndcg.toFixed(4)}`);
      const isThere = ndcg >= target;
      const reached = Math.max(way.reached, ndcg);
      way = { name, seconds: passed, isThere, epochs: epoch, reached };
      return isThere;
    },
    giveUp: (seconds) => {
      way = { ...way, seconds };
    },
    way: () => way,
  };
}
