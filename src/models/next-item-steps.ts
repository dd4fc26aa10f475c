/**
 * The steps of a network that learns to predict the next item at every position.
 */
import { createRandom } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import type { Bucket } from "../data/length-buckets.ts";
import { nextItems, numInputs, numTargets } from "../data/next-item-batch.ts";
import { type TargetWindow, targetWindows } from "../data/windows.ts";
import type { EpochSteps, StepBatches } from "../training/loop.ts";
import type { Slice } from "../training/trainer.ts";
import { type StepOptions, sliceSize, toEpochSteps, toSlice } from "./batch-slices.ts";
import { type SideValues, sideBatch } from "./side-batches.ts";
import { softTargets, type Teaching } from "./teaching.ts";

/** Room for targets comes in parts of a slice, so that there are few shapes to compile. */
const CAPACITY_PARTS = 4;

export interface NextItemStepOptions extends StepOptions {
  /** Default: nothing besides items. */
  readonly sideValues?: SideValues | undefined;
  /** Default: every target has one answer, what came. */
  readonly teaching?: Teaching | undefined;
}

/** The steps of one epoch: every item but a user's first predicted once, from windows of so many. */
export function nextItemSteps(
  train: Interactions,
  lengths: { readonly numInputs: number; readonly numTargets: number },
  epoch: number,
  options: NextItemStepOptions,
): EpochSteps {
  const windows = targetWindows(train, lengths, createRandom(options.seed, "windows", epoch));
  return toEpochSteps(
    windows,
    numInputs,
    lengths.numInputs,
    epoch,
    options,
    (buckets, first, negatives) => toStep(train, buckets, [epoch, first], negatives, options),
  );
}

function toStep(
  train: Interactions,
  buckets: readonly Bucket<TargetWindow>[],
  stream: readonly number[],
  negatives: Slice,
  { seed, batchSize, embeddingDim, sideValues, teaching }: NextItemStepOptions,
): StepBatches {
  const all = buckets.flatMap(({ sequences }) => sequences);
  const targetsOfStep = countTargets(all);
  const batches = buckets.map(({ sequences, length }, bucket): Slice[] => {
    const size = sliceSize(batchSize, length, embeddingDim);
    const slices = Array.from({ length: batchSize / size }, (_, slice) =>
      sequences.slice(slice * size, (slice + 1) * size),
    );
    const part = Math.ceil((size * length) / CAPACITY_PARTS);
    const wanted = Math.ceil(Math.max(...slices.map(countTargets)) / part) * part;
    const capacity = Math.min(wanted, size * length);
    return slices.map((windows, index) => {
      const slice = nextItems(train.items, windows, { batchSize: size, length }, capacity);
      const own = {
        ...toSlice(slice, [size, length], targetsOfStep),
        ...negatives,
        ...(teaching && softTargets(slice.targets, slice.targetRows, teaching)),
      };
      if (!sideValues) return own;
      const inputs = windows.map(({ start, end }) => ({ start, end: end - 1 }));
      const random = createRandom(seed, "hidden sides", ...stream, bucket, index);
      return { ...own, ...sideBatch(train, inputs, [size, length], sideValues, random) };
    });
  });
  return { batches, numTokens: all.reduce((sum, window) => sum + numInputs(window), 0) };
}

function countTargets(windows: readonly TargetWindow[]): number {
  return windows.reduce((sum, window) => sum + numTargets(window), 0);
}
