/**
 * BERT4Rec as the trainer and the loop see it: its loss, its batches, and its scores while it is
 * being trained.
 */
import { createRandom, type Random } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import { type Bucket, bucketByLength } from "../data/length-buckets.ts";
import { type MaskedSlice, type MaskingOptions, maskSequences } from "../data/masked-batch.ts";
import type { NegativeDraws } from "../data/negatives.ts";
import { tiledWindows, type Window, type WindowLengths } from "../data/windows.ts";
import type { Value } from "../runtime/session.ts";
import type { EpochSteps, StepBatches } from "../training/loop.ts";
import type { TrainableModel } from "../training/trainable-model.ts";
import type { Slice } from "../training/trainer.ts";
import {
  type Bert4RecConfig,
  type Bert4RecStart,
  bert4recLoss,
  bert4recParameters,
  bert4recScores,
} from "./bert4rec.ts";

/** @param handicap - as in `Bert4RecLossOptions`. */
export function bert4recTrainable(
  config: Bert4RecConfig,
  dropoutRate: number,
  start: Bert4RecStart = {},
  handicap?: Float32Array,
): TrainableModel {
  return {
    name: "bert4rec",
    parameters: bert4recParameters(config, start),
    dropoutRate,
    loss: ({ tokens, positions, targets, weights, negatives, logProbabilities }, context) =>
      bert4recLoss(tokens, positions, { items: targets, weights }, context, config, {
        negatives: negatives && { items: negatives, logProbabilities },
        handicap,
      }),
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

/** Lengths are rounded up to a multiple of this. */
const LENGTH_STEP = 25;

/** So many tokens, and numbers in their embeddings, that a slice works in the processor's caches. */
const SLICE_TOKENS = 3200;
const SLICE_NUMBERS = 400 * 1024;

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
function toSlice(masked: MaskedSlice, shape: readonly number[], targetsOfStep: number): Slice {
  const { tokens, positions, targets, numTargets } = masked;
  const weights = new Float32Array(targets.length).fill(1 / targetsOfStep, 0, numTargets);
  return {
    tokens: int32(shape, tokens),
    positions: int32([positions.length], positions),
    targets: int32([targets.length], targets),
    weights: { dtype: "float32", shape: [weights.length], data: weights },
  };
}

function negativeValues({ items, logProbabilities }: NegativeDraws): Slice {
  const shape = [items.length];
  return {
    negatives: int32(shape, items),
    logProbabilities: { dtype: "float32", shape, data: logProbabilities },
  };
}

function int32(shape: readonly number[], data: Int32Array): Value {
  return { dtype: "int32", shape, data };
}
