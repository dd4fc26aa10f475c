/**
 * A training step of one shape on a batch that stays the same: what `train-step` times and
 * `profile` looks into.
 */
import { createRandom, shuffle } from "../src/common/random.ts";
import { maskToken, PADDING } from "../src/data/tokens.ts";
import { sliceSize } from "../src/models/batch-slices.ts";
import type { Bert4RecConfig } from "../src/models/bert4rec.ts";
import { createNetwork } from "../src/models/networks.ts";
import { loadRuntime } from "../src/runtime/load-runtime.ts";
import type { SessionOptions, Value } from "../src/runtime/session.ts";
import { createTrainer, type Slice } from "../src/training/trainer.ts";

export interface StepCase {
  readonly name: string;
  readonly embeddingDim: number;
  readonly batchSize: number;
  readonly dropoutRate: number;
  /** The mean number of padded positions in a sequence. */
  readonly padding: number;
  /** The most that our time over the peer's may be. */
  readonly bar: number;
}

/** The shapes that have a bar. */
export const STEP_CASES: readonly StepCase[] = [
  { name: "d64", embeddingDim: 64, batchSize: 64, dropoutRate: 0, padding: 0, bar: 0.9 },
  { name: "d64-dropout", embeddingDim: 64, batchSize: 64, dropoutRate: 0.2, padding: 20, bar: 1 },
  { name: "d256", embeddingDim: 256, batchSize: 32, dropoutRate: 0, padding: 0, bar: 1.1 },
];

export const LENGTH = 200;
export const LEARNING_RATE = 1e-3;
const TARGETS_PER_SEQUENCE = 40;

export function configOf({ embeddingDim }: StepCase): Bert4RecConfig {
  const shape = { numItems: 3419, embeddingDim, numBlocks: 2, numHeads: 2, maxLength: LENGTH };
  return { ...shape, normPlacement: "post", hasHead: true };
}

/** What is trained on; positions count through the whole batch. */
export interface StepBatch {
  /** `[B, L]` */
  readonly tokens: Int32Array;
  /** `[M]`, as are the targets. */
  readonly positions: Int32Array;
  readonly targets: Int32Array;
}

/** The same batch for everyone who asks. */
export function createBatch(stepCase: StepCase): StepBatch {
  const { batchSize, padding } = stepCase;
  const { numItems } = configOf(stepCase);
  const random = createRandom(1, "bench", "train-step");
  const tokens = new Int32Array(batchSize * LENGTH).fill(PADDING);
  const positions: number[] = [];
  for (let row = 0; row < batchSize; row++) {
    const first = row * LENGTH + (padding === 0 ? 0 : random.nextInt(2 * padding + 1));
    const own = Array.from({ length: (row + 1) * LENGTH - first }, (_, i) => first + i);
    for (const position of own) tokens[position] = 1 + random.nextInt(numItems);
    positions.push(...shuffle(own, random).slice(0, TARGETS_PER_SEQUENCE));
  }
  const targets = Int32Array.from(positions, (position) => tokens[position] - 1);
  for (const position of positions) tokens[position] = maskToken(numItems);
  return { tokens, positions: Int32Array.from(positions), targets };
}

export interface OurStep {
  /** Name and version of what computes. */
  readonly version: string;
  /** Makes one step and says how many milliseconds it took. */
  step(): Promise<number>;
  dispose(): Promise<void>;
}

/** The trainer of `usher train`, which cuts the batch into the slices that it would. */
export async function createOurStep(
  stepCase: StepCase,
  session: SessionOptions = {},
): Promise<OurStep> {
  const model = createNetwork({
    config: { kind: "bert4rec", ...configOf(stepCase) },
    dropoutRate: stepCase.dropoutRate,
  });
  const trainer = createTrainer(await loadRuntime({ backend: "native" }), model, {
    seed: 1,
    averageDecay: 0,
    maxGradientNorm: Number.POSITIVE_INFINITY,
    session,
  });
  const batches = [toSlices(createBatch(stepCase), stepCase)];
  return {
    version: trainer.runtime,
    step: async () => {
      const started = performance.now();
      await trainer.step({ batches, learningRate: LEARNING_RATE });
      return performance.now() - started;
    },
    dispose: () => trainer.dispose(),
  };
}

function toSlices(batch: StepBatch, { batchSize, embeddingDim }: StepCase): Slice[] {
  const size = sliceSize(batchSize, LENGTH, embeddingDim);
  const [numTokens, numTargets] = [size * LENGTH, size * TARGETS_PER_SEQUENCE];
  const weights = new Float32Array(numTargets).fill(1 / batch.positions.length);
  return Array.from({ length: batchSize / size }, (_, index) => {
    const part = (values: Int32Array, length: number): Int32Array =>
      values.slice(index * length, (index + 1) * length);
    const positions = part(batch.positions, numTargets).map((p) => p - index * numTokens);
    return {
      tokens: int32([size, LENGTH], part(batch.tokens, numTokens)),
      positions: int32([numTargets], positions),
      targets: int32([numTargets], part(batch.targets, numTargets)),
      weights: { dtype: "float32", shape: [numTargets], data: weights },
    };
  });
}

function int32(shape: readonly number[], data: Int32Array): Value {
  return { dtype: "int32", shape, data };
}
