/**
 * Batches cut into slices, as the trainer takes them: what all sequence models share.
 */
import { createRandom, type Random } from "../common/random.ts";
import { type Bucket, bucketByLength } from "../data/length-buckets.ts";
import type { NegativeDraws } from "../data/negatives.ts";
import type { TargetSlice } from "../data/target-slice.ts";
import type { Tensor } from "../graph/graph.ts";
import type { Value } from "../runtime/session.ts";
import type { EpochSteps, StepBatches } from "../training/loop.ts";
import type { Slice } from "../training/trainer.ts";
import type { CatalogTargets } from "./item-table.ts";

/** Lengths are rounded up to a multiple of this. */
export const LENGTH_STEP = 25;

/** How the sequences of an epoch become steps, whatever is learnt from them. */
export interface StepOptions {
  readonly seed: number;
  readonly embeddingDim: number;
  /** Sequences in a batch. */
  readonly batchSize: number;
  /** Batches whose gradients add up to one step. */
  readonly accumulation: number;
  /** For a catalog too large to compare with in full: the items to compare with, for each step. */
  readonly drawNegatives?: ((random: Random) => NegativeDraws) | undefined;
}

/**
 * The steps of an epoch from its sequences, in batches of about one length. The same arguments give
 * the same steps.
 * @param lengthOf - how many tokens a sequence has, at most `maxLength`.
 * @param toStep - makes a step of its buckets, the first of which has this number in the epoch, with
 *   the negatives that all of its slices share.
 */
export function toEpochSteps<T>(
  sequences: readonly T[],
  lengthOf: (sequence: T) => number,
  maxLength: number,
  epoch: number,
  { seed, batchSize, accumulation, drawNegatives }: StepOptions,
  toStep: (buckets: readonly Bucket<T>[], first: number, negatives: Slice) => StepBatches,
): EpochSteps {
  const bucketOptions = { batchSize, lengthStep: LENGTH_STEP, maxLength };
  const random = createRandom(seed, "batches", epoch);
  const buckets = bucketByLength(sequences, lengthOf, bucketOptions, random);
  return {
    numSteps: Math.ceil(buckets.length / accumulation),
    step: (index) => {
      const first = index * accumulation;
      const draws = drawNegatives?.(createRandom(seed, "negatives", epoch, first));
      const negatives = draws ? negativeValues(draws) : {};
      return toStep(buckets.slice(first, first + accumulation), first, negatives);
    },
  };
}

/** So many tokens, and numbers in their embeddings, that a slice works in the processor's caches. */
const SLICE_TOKENS = 3200;
const SLICE_NUMBERS = 400 * 1024;

/**
 * How many sequences of a batch make a slice: the batch, halved until a slice is small.
 */
export function sliceSize(batchSize: number, length: number, embeddingDim: number): number {
  const limit = Math.min(SLICE_TOKENS, SLICE_NUMBERS / embeddingDim);
  let size = batchSize;
  while (size % 2 === 0 && size * length > limit) size /= 2;
  return size;
}

/** Each target of a step counts the same; the ones that only fill the shape count nothing. */
export function toSlice(
  { tokens, positions, targets, numTargets }: TargetSlice,
  shape: readonly number[],
  targetsOfStep: number,
): Slice {
  const weights = new Float32Array(targets.length).fill(1 / targetsOfStep, 0, numTargets);
  return {
    tokens: tensorValue(shape, tokens),
    positions: tensorValue([positions.length], positions),
    targets: tensorValue([targets.length], targets),
    weights: tensorValue([weights.length], weights),
  };
}

function negativeValues({ items, logProbabilities }: NegativeDraws): Slice {
  const shape = [items.length];
  return {
    negatives: tensorValue(shape, items),
    logProbabilities: tensorValue(shape, logProbabilities),
  };
}

/** The values of a slice that a loss compares with, in a graph. */
export function targetsOf(inputs: Readonly<Record<string, Tensor>>): CatalogTargets {
  const { targets: items, weights, negatives, logProbabilities, answers, shares } = inputs;
  return { items, weights, negatives, logProbabilities, answers, shares };
}

export function tensorValue(shape: readonly number[], data: Int32Array | Float32Array): Value {
  return data instanceof Int32Array
    ? { dtype: "int32", shape, data }
    : { dtype: "float32", shape, data };
}
