/**
 * What trained networks say of every row that a student learns: the likeliest items, with their
 * probabilities (knowledge distillation, Hinton et al. 2015; of an ensemble into one network of the
 * same kind, as Furlanello et al., ICML 2018, do).
 */
import { InternalError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import { nextItems, numTargets } from "../data/next-item-batch.ts";
import { type TargetWindow, targetWindows } from "../data/windows.ts";
import { Graph, type Tensor } from "../graph/graph.ts";
import { add, mul } from "../graph/operators/elementwise.ts";
import { softmax } from "../graph/operators/normalization.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { topK } from "../metrics/top-k.ts";
import { constantWeights } from "../nn/parameters.ts";
import type { Runtime, SessionOptions } from "../runtime/session.ts";
import type { Slice } from "../training/trainer.ts";
import { tensorValue } from "./batch-slices.ts";
import type { TrainableNetwork } from "./sequence-network.ts";

/** A trained network. */
export interface Teacher {
  readonly network: TrainableNetwork;
  /** `[P]` */
  readonly weights: Float32Array;
}

/** The likeliest `K` items of every row of the interactions, by what came before it. */
export interface Teaching {
  readonly numItems: number;
  /** `[R, K]`; nothing of a user's first row. */
  readonly items: Uint32Array;
  /** Their probabilities, which sum to 1: `[R, K]`. */
  readonly probabilities: Float32Array;
  /** How much the teachers count; the rest counts what came. */
  readonly share: number;
}

/** `answers` and `shares` of a slice: `[M, K + 1]`, what came first. */
export function softTargets(
  targets: Int32Array,
  rows: Int32Array,
  { numItems, items, probabilities, share }: Teaching,
): Slice {
  const width = numItems + 1;
  const answers = new Int32Array(targets.length * width);
  const shares = new Float32Array(targets.length * width);
  for (let t = 0; t < targets.length; t++) {
    answers[t * width] = targets[t];
    shares[t * width] = 1 - share;
    for (let k = 0; k < numItems; k++) {
      answers[t * width + k + 1] = items[rows[t] * numItems + k];
      shares[t * width + k + 1] = share * probabilities[rows[t] * numItems + k];
    }
  }
  const shape = [targets.length, width];
  return { answers: tensorValue(shape, answers), shares: tensorValue(shape, shares) };
}

export interface TeachOptions {
  /** The longest sequence that every teacher reads. */
  readonly maxLength: number;
  /** `K` */
  readonly numItems: number;
  readonly share: number;
  readonly session: SessionOptions;
  /** Called before every batch of windows; may throw to end the work. */
  readonly onProgress?: (done: number, total: number) => void | Promise<void>;
}

const WINDOWS_PER_RUN = 16;

/** The mean of the teachers' probabilities for every row. */
export async function teach(
  runtime: Runtime,
  teachers: readonly Teacher[],
  interactions: Interactions,
  { maxLength, numItems, share, session: options, onProgress }: TeachOptions,
): Promise<Teaching> {
  const numRows = interactions.items.length;
  const teaching = {
    numItems,
    items: new Uint32Array(numRows * numItems),
    probabilities: new Float32Array(numRows * numItems),
    share,
  };
  // Half of a window is context, so that no row is judged by little of a long history.
  const lengths = { numInputs: maxLength, numTargets: Math.ceil(maxLength / 2) };
  const windows = targetWindows(interactions, lengths, createRandom(0, "teaching"));
  const capacity = roomForTargets(windows);
  const graph = meanProbabilities(teachers, [WINDOWS_PER_RUN, maxLength], capacity);
  const session = await runtime.createSession(graph, options);
  try {
    let done = 0;
    for (const batch of packed(windows, capacity)) {
      await onProgress?.(done, windows.length);
      await teachWindows(batch);
      done += batch.length;
    }
  } finally {
    await session.dispose();
  }
  return teaching;

  async function teachWindows(batch: readonly TargetWindow[]): Promise<void> {
    const shape = { batchSize: WINDOWS_PER_RUN, length: maxLength };
    const slice = nextItems(interactions.items, batch, shape, capacity);
    const inputs = {
      tokens: tensorValue([WINDOWS_PER_RUN, maxLength], slice.tokens),
      positions: tensorValue([capacity], slice.positions),
    };
    const outputs = await session.run(inputs, {}, ["probabilities"]);
    const probabilities = outputs.probabilities.data as Float32Array;
    const size = probabilities.length / capacity;
    for (let t = 0; t < slice.numTargets; t++) {
      keepLikeliest(probabilities.subarray(t * size, (t + 1) * size), slice.targetRows[t]);
    }
  }

  function keepLikeliest(row: Float32Array, at: number): void {
    const best = topK(row, numItems);
    const sum = best.reduce((total, item) => total + row[item], 0);
    teaching.items.set(best, at * numItems);
    for (const [k, item] of best.entries()) {
      teaching.probabilities[at * numItems + k] = row[item] / sum;
    }
  }
}

/** Little more than windows have on average: each place costs a score for every item. */
function roomForTargets(windows: readonly TargetWindow[]): number {
  const counts = windows.map(numTargets);
  const largest = counts.reduce((most, count) => Math.max(most, count), 0);
  const mean = counts.reduce((sum, count) => sum + count, 0) / Math.max(counts.length, 1);
  return Math.max(largest, Math.ceil(1.1 * WINDOWS_PER_RUN * mean));
}

/** In their order, as many at once as there is room for. */
function* packed(windows: readonly TargetWindow[], capacity: number): Generator<TargetWindow[]> {
  let batch: TargetWindow[] = [];
  let sum = 0;
  for (const window of windows) {
    const count = numTargets(window);
    if (batch.length === WINDOWS_PER_RUN || sum + count > capacity) {
      yield batch;
      [batch, sum] = [[], 0];
    }
    batch.push(window);
    sum += count;
  }
  if (batch.length > 0) yield batch;
}

function meanProbabilities(
  teachers: readonly Teacher[],
  shape: readonly [number, number],
  capacity: number,
): Uint8Array {
  const graph = new Graph();
  const inputs = {
    tokens: graph.input("tokens", "int32", shape),
    positions: graph.input("positions", "int32", [capacity]),
  };
  const all = teachers.map(({ network, weights }, index) =>
    graph.scope(`teacher${index}`, () => {
      const own = (name: string): string => `teacher${index}/${name}`;
      const specs = network.parameters.map((spec) => ({ ...spec, name: own(spec.name) }));
      const values = constantWeights(graph, weights, specs);
      const context = {
        weights: (name: string): Tensor => values(own(name)),
        dropout: (x: Tensor): Tensor => x,
      };
      if (!network.scoresAt) throw new InternalError(`${network.name} cannot teach`);
      return softmax(network.scoresAt(inputs, context));
    }),
  );
  const sum = all.reduce((total, probabilities) => add(total, probabilities));
  return toOnnx(graph, { probabilities: mul(sum, 1 / teachers.length) });
}
