/**
 * The steps of a network that learns to fill in masked items.
 */
import { createRandom, type Random } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import { type Bucket, bucketByLength } from "../data/length-buckets.ts";
import { type MaskingOptions, maskSequences } from "../data/masked-batch.ts";
import type { NegativeDraws } from "../data/negatives.ts";
import { tiledWindows, type Window, type WindowLengths } from "../data/windows.ts";
import type { EpochSteps, StepBatches } from "../training/loop.ts";
import { LENGTH_STEP, negativeValues, sliceSize, toSlice } from "./batch-slices.ts";
export interface MaskedStepOptions {
  readonly seed: number;
  readonly numItems: number;
  readonly embeddingDim: number;
  /** Sequences in a batch. */
  readonly batchSize: number;
  /** Batches whose gradients add up to one step. */
  readonly accumulation: number;
  readonly masking: MaskingOptions;
  /** For a catalog too large to compare with in full: the items to compare with, for each step. */
  readonly drawNegatives?: ((random: Random) => NegativeDraws) | undefined;
}

/**
 * The steps of one epoch: the training history once, in windows of these lengths.
 * The same arguments give the same steps.
 */
export function maskedSteps(
  train: Interactions,
  lengths: WindowLengths,
  epoch: number,
  options: MaskedStepOptions,
): EpochSteps {
  const { seed, batchSize, accumulation } = options;
  const windows = tiledWindows(train, lengths, createRandom(seed, "windows", epoch));
  const lengthOf = ({ start, end }: Window): number => end - start;
  const bucketOptions = { batchSize, lengthStep: LENGTH_STEP, maxLength: lengths.longest };
  const random = createRandom(seed, "batches", epoch);
  const buckets = bucketByLength(windows, lengthOf, bucketOptions, random);
  return {
    numSteps: Math.ceil(buckets.length / accumulation),
    step: (index) => {
      const own = buckets.slice(index * accumulation, (index + 1) * accumulation);
      const key = [epoch, index * accumulation];
      return maskStep(train, own, key, options);
    },
  };
}

function maskStep(
  train: Interactions,
  buckets: readonly Bucket<Window>[],
  [epoch, first]: readonly number[],
  options: MaskedStepOptions,
): StepBatches {
  const { seed, batchSize, numItems, masking } = options;
  const masked = buckets.map(({ sequences, length }, index) => {
    const random = createRandom(seed, "masking", epoch, first + index);
    const perSlice = sliceSize(batchSize, length, options.embeddingDim);
    return Array.from({ length: batchSize / perSlice }, (_, slice) => {
      const windows = sequences.slice(slice * perSlice, (slice + 1) * perSlice);
      const shape = { batchSize: perSlice, length, numItems };
      return { shape, slice: maskSequences(train.items, windows, shape, masking, random) };
    });
  });
  const numTargets = masked.flat().reduce((sum, { slice }) => sum + slice.numTargets, 0);
  const negatives = options.drawNegatives?.(createRandom(seed, "negatives", epoch, first));
  return {
    batches: masked.map((slices) =>
      slices.map(({ shape, slice }) => ({
        ...toSlice(slice, [shape.batchSize, shape.length], numTargets),
        ...(negatives && negativeValues(negatives)),
      })),
    ),
    numTokens: buckets
      .flatMap(({ sequences }) => sequences)
      .reduce((sum, { start, end }) => sum + end - start, 0),
  };
}
