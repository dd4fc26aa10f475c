/**
 * BERT4Rec as the trainer and the loop see it: its loss, its batches, and its scores while it is
 * being trained.
 */
import { createRandom, type Random } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import { type Bucket, bucketByLength } from "../data/length-buckets.ts";
import { type MaskingOptions, maskSequences } from "../data/masked-batch.ts";
import type { NegativeDraws } from "../data/negatives.ts";
import { tiledWindows, type Window, type WindowLengths } from "../data/windows.ts";
import type { EpochSteps, StepBatches } from "../training/loop.ts";
import type { TrainableModel } from "../training/trainable-model.ts";
import { LENGTH_STEP, negativeValues, sliceSize, targetsOf, toSlice } from "./batch-slices.ts";
import {
  type Bert4RecConfig,
  type Bert4RecStart,
  bert4recLoss,
  bert4recParameters,
  bert4recScores,
} from "./bert4rec.ts";
import type { CatalogLossOptions } from "./item-table.ts";

export interface Bert4RecTraining {
  /** Where weights start. Default: at random. */
  readonly start?: Bert4RecStart;
  readonly loss?: CatalogLossOptions;
}

export function bert4recTrainable(
  config: Bert4RecConfig,
  dropoutRate: number,
  { start, loss }: Bert4RecTraining = {},
): TrainableModel {
  return {
    name: "bert4rec",
    parameters: bert4recParameters(config, start),
    dropoutRate,
    loss: (inputs, context) =>
      bert4recLoss(inputs.tokens, inputs.positions, targetsOf(inputs), context, config, loss),
    scores: (tokens, context) => bert4recScores(tokens, context, config),
  };
}

export interface Bert4RecBatchOptions {
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
export function bert4recSteps(
  train: Interactions,
  lengths: WindowLengths,
  epoch: number,
  options: Bert4RecBatchOptions,
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
  options: Bert4RecBatchOptions,
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
