/**
 * The steps of a network that learns to predict the next item at every position.
 */
import { createRandom, type Random } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import { type Bucket, bucketByLength } from "../data/length-buckets.ts";
import type { NegativeDraws } from "../data/negatives.ts";
import { nextItems, numInputs } from "../data/next-item-batch.ts";
import { type TargetWindow, targetWindows } from "../data/windows.ts";
import type { EpochSteps, StepBatches } from "../training/loop.ts";
import type { Slice } from "../training/trainer.ts";
import { LENGTH_STEP, negativeValues, sliceSize, toSlice } from "./batch-slices.ts";

export interface NextItemStepOptions {
  readonly seed: number;
  readonly embeddingDim: number;
  /** Sequences in a batch. */
  readonly batchSize: number;
  /** Batches whose gradients add up to one step. */
  readonly accumulation: number;
  /** For a catalog too large to compare with in full: the items to compare with, for each step. */
  readonly drawNegatives?: ((random: Random) => NegativeDraws) | undefined;
}

/** Room for targets comes in parts of a slice, so that there are few shapes to compile. */
const CAPACITY_PARTS = 4;

/**
 * The steps of one epoch: every item but a user's first predicted once, from windows of so many.
 * The same arguments give the same steps.
 */
export function nextItemSteps(
  train: Interactions,
  lengths: { readonly numInputs: number; readonly numTargets: number },
  epoch: number,
  options: NextItemStepOptions,
): EpochSteps {
  const { seed, batchSize, accumulation } = options;
  const windows = targetWindows(train, lengths, createRandom(seed, "windows", epoch));
  const bucketOptions = { batchSize, lengthStep: LENGTH_STEP, maxLength: lengths.numInputs };
  const random = createRandom(seed, "batches", epoch);
  const buckets = bucketByLength(windows, numInputs, bucketOptions, random);
  return {
    numSteps: Math.ceil(buckets.length / accumulation),
    step: (index) => {
      const own = buckets.slice(index * accumulation, (index + 1) * accumulation);
      const draws = createRandom(seed, "negatives", epoch, index * accumulation);
      return toStep(train, own, options, options.drawNegatives?.(draws));
    },
  };
}

function toStep(
  train: Interactions,
  buckets: readonly Bucket<TargetWindow>[],
  { batchSize, embeddingDim }: NextItemStepOptions,
  negatives: NegativeDraws | undefined,
): StepBatches {
  const sequences = buckets.flatMap((bucket) => bucket.sequences);
  const targetsOfStep = countTargets(sequences);
  const batches = buckets.map(({ sequences, length }): Slice[] => {
    const size = sliceSize(batchSize, length, embeddingDim);
    const slices = Array.from({ length: batchSize / size }, (_, slice) =>
      sequences.slice(slice * size, (slice + 1) * size),
    );
    const part = Math.ceil((size * length) / CAPACITY_PARTS);
    const capacity = Math.ceil(Math.max(...slices.map(countTargets)) / part) * part;
    return slices.map((windows) => ({
      ...toSlice(
        nextItems(
          train.items,
          windows,
          { batchSize: size, length },
          Math.min(capacity, size * length),
        ),
        [size, length],
        targetsOfStep,
      ),
      ...(negatives && negativeValues(negatives)),
    }));
  });
  return { batches, numTokens: sequences.reduce((sum, window) => sum + numInputs(window), 0) };
}

function countTargets(windows: readonly TargetWindow[]): number {
  return windows.reduce((sum, { firstTarget, end }) => sum + end - firstTarget, 0);
}
