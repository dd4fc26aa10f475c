/**
 * A training step of one shape on a batch that stays the same: what `train-step` times and
 * `profile` looks into.
 */
import { createRandom, shuffle } from "../src/common/random.ts";
import { maskToken, PADDING } from "../src/data/tokens.ts";
import { sliceSize } from "../src/models/batch-slices.ts";
import { createNetwork, type NetworkConfig } from "../src/models/networks.ts";
import { loadRuntime } from "../src/runtime/load-runtime.ts";
import type { SessionOptions, Value } from "../src/runtime/session.ts";
import { createTrainer, type Slice } from "../src/training/trainer.ts";

export interface StepCase {
  readonly name: string;
  readonly kind: "bert4rec" | "sasrec";
  readonly embeddingDim: number;
  readonly batchSize: number;
  readonly dropoutRate: number;
  /** The mean number of padded positions in a sequence. */
  readonly padding: number;
  /** The most that our time over the peer's may be. */
  readonly bar: number;
}

const bert4rec = { kind: "bert4rec", dropoutRate: 0, padding: 0 } as const;

/** The shapes that have a bar. */
export const STEP_CASES: readonly StepCase[] = [
  { name: "d64", ...bert4rec, embeddingDim: 64, batchSize: 64, bar: 0.9 },
  {
    name: "d64-dropout",
    ...bert4rec,
    embeddingDim: 64,
    batchSize: 64,
    dropoutRate: 0.2,
    padding: 20,
    bar: 1,
  },
  { name: "d256", ...bert4rec, embeddingDim: 256, batchSize: 32, bar: 1.1 },
  { name: "sasrec", ...bert4rec, kind: "sasrec", embeddingDim: 128, batchSize: 32, bar: 0.9 },
];

export const LENGTH = 200;
export const LEARNING_RATE = 1e-3;
/** Masked positions of BERT4Rec; SASRec predicts at every one. */
const TARGETS_PER_SEQUENCE = { bert4rec: 40, sasrec: LENGTH };

export function configOf({ kind, embeddingDim }: StepCase): NetworkConfig {
  const shape = { numItems: 3419, embeddingDim, numBlocks: 2, maxLength: LENGTH };
  return kind === "bert4rec"
    ? { kind, ...shape, numHeads: 2, normPlacement: "post", hasHead: true }
    : { kind, ...shape, numHeads: 4, feedForwardDim: 4 * embeddingDim };
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
  const { kind, batchSize, padding } = stepCase;
  const { numItems } = configOf(stepCase);
  const random = createRandom(1, "bench", "train-step");
  const tokens = new Int32Array(batchSize * LENGTH).fill(PADDING);
  const positions: number[] = [];
  for (let row = 0; row < batchSize; row++) {
    const first = row * LENGTH + (padding === 0 ? 0 : random.nextInt(2 * padding + 1));
    const own = Array.from({ length: (row + 1) * LENGTH - first }, (_, i) => first + i);
    for (const position of own) tokens[position] = 1 + random.nextInt(numItems);
    const asked = kind === "bert4rec" ? shuffle(own, random) : own;
    positions.push(...asked.slice(0, TARGETS_PER_SEQUENCE[kind]));
  }
  // Where nothing is masked any target will do: what is timed does not depend on it.
  const targets = Int32Array.from(positions, (position) => tokens[position] - 1);
  if (kind === "bert4rec") for (const position of positions) tokens[position] = maskToken(numItems);
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
    config: configOf(stepCase),
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

function toSlices(batch: StepBatch, { kind, batchSize, embeddingDim }: StepCase): Slice[] {
  const size = sliceSize(batchSize, LENGTH, embeddingDim);
  const [numTokens, numTargets] = [size * LENGTH, size * TARGETS_PER_SEQUENCE[kind]];
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
