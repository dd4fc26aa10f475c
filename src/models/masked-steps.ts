/**
 * The steps of a network that learns to fill in masked items.
 */
import { createRandom } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import type { Bucket } from "../data/length-buckets.ts";
import { type MaskingOptions, maskSequences } from "../data/masked-batch.ts";
import { tiledWindows, type Window, type WindowLengths } from "../data/windows.ts";
import type { EpochSteps, StepBatches } from "../training/loop.ts";
import type { Slice } from "../training/trainer.ts";
import { type StepOptions, sliceSize, toEpochSteps, toSlice } from "./batch-slices.ts";

export interface MaskedStepOptions extends StepOptions {
  readonly numItems: number;
  readonly masking: MaskingOptions;
}

/** The steps of one epoch: the training history once, in windows of these lengths. */
export function maskedSteps(
  train: Interactions,
  lengths: WindowLengths,
  epoch: number,
  options: MaskedStepOptions,
): EpochSteps {
  const windows = tiledWindows(train, lengths, createRandom(options.seed, "windows", epoch));
  return toEpochSteps(
    windows,
    lengthOf,
    lengths.longest,
    epoch,
    options,
    (buckets, first, negatives) => maskStep(train, buckets, [epoch, first], negatives, options),
  );
}

function lengthOf({ start, end }: Window): number {
  return end - start;
}

function maskStep(
  train: Interactions,
  buckets: readonly Bucket<Window>[],
  [epoch, first]: readonly number[],
  negatives: Slice,
  { seed, batchSize, numItems, embeddingDim, masking }: MaskedStepOptions,
): StepBatches {
  const masked = buckets.map(({ sequences, length }, index) => {
    const random = createRandom(seed, "masking", epoch, first + index);
    const perSlice = sliceSize(batchSize, length, embeddingDim);
    return Array.from({ length: batchSize / perSlice }, (_, slice) => {
      const windows = sequences.slice(slice * perSlice, (slice + 1) * perSlice);
      const shape = { batchSize: perSlice, length, numItems };
      return { shape, slice: maskSequences(train.items, windows, shape, masking, random) };
    });
  });
  const numTargets = masked.flat().reduce((sum, { slice }) => sum + slice.numTargets, 0);
  return {
    batches: masked.map((slices) =>
      slices.map(({ shape, slice }) => ({
        ...toSlice(slice, [shape.batchSize, shape.length], numTargets),
        ...negatives,
      })),
    ),
    numTokens: buckets
      .flatMap(({ sequences }) => sequences)
      .reduce((sum, window) => sum + lengthOf(window), 0),
  };
}
