/**
 * A causal transformer that predicts the next item at every position, with a softmax over the whole
 * catalog: SASRec (Kang & McAuley, ICDM 2018) with the loss of Klenitskiy & Vasilev (RecSys 2023).
 * It is here to compare speed; its shapes are those of RecTools' `SASRecModel`, whose feed-forward
 * layers are as wide as the embedding.
 *
 * Shapes: `B` batch, `L` length, `T = B L`, `D` embedding, `N` catalog.
 */
import { createRandom } from "../src/common/random.ts";
import type { Interactions } from "../src/data/interactions.ts";
import { bucketByLength } from "../src/data/length-buckets.ts";
import { PADDING, toToken } from "../src/data/tokens.ts";
import { lastWindows, type Window } from "../src/data/windows.ts";
import type { Tensor } from "../src/graph/graph.ts";
import { add, cast, equal, mul } from "../src/graph/operators/elementwise.ts";
import { gather } from "../src/graph/operators/indexing.ts";
import { matmul } from "../src/graph/operators/linear-algebra.ts";
import { reshape, slice, takeLast } from "../src/graph/operators/movement.ts";
import { staticShape } from "../src/graph/shape.ts";
import { sliceSize } from "../src/models/bert4rec-training.ts";
import { MASKED_SCORE } from "../src/nn/attention.ts";
import { glorotUniform, truncatedNormal, zeros } from "../src/nn/initialization.ts";
import { type LayerContext, layerNorm, layerNormParameters } from "../src/nn/layers.ts";
import { softmaxCrossEntropy } from "../src/nn/losses.ts";
import type { ParameterSpec } from "../src/nn/parameters.ts";
import { transformerBlock, transformerBlockParameters } from "../src/nn/transformer-block.ts";
import type { EpochSteps } from "../src/training/loop.ts";
import type { TrainableModel } from "../src/training/trainable-model.ts";
import type { Slice } from "../src/training/trainer.ts";

export interface CausalConfig {
  /** `N` */
  readonly numItems: number;
  /** `D` */
  readonly embeddingDim: number;
  readonly numBlocks: number;
  readonly numHeads: number;
  /** The longest sequence of inputs. */
  readonly maxLength: number;
}

export function causalTrainable(config: CausalConfig, dropoutRate: number): TrainableModel {
  return {
    name: "causal",
    parameters: parametersOf(config),
    dropoutRate,
    loss: ({ tokens, targets, weights }, context) => {
      const hidden = encode(tokens, context, config);
      const bias = context.weights("item-bias");
      return softmaxCrossEntropy(hidden, itemRows(context, config), bias, {
        items: targets,
        weights,
      });
    },
    scores: (tokens, context) => {
      const [batch, length] = staticShape(tokens.shape);
      const { embeddingDim } = config;
      const encoded = reshape(encode(tokens, context, config), [batch, length, embeddingDim]);
      const last = reshape(takeLast(encoded, 1), [batch, embeddingDim]);
      const logits = matmul(last, itemRows(context, config), { transposeB: true });
      return add(logits, context.weights("item-bias"));
    },
  };
}

function parametersOf(config: CausalConfig): ParameterSpec[] {
  const { numItems, embeddingDim, numBlocks, maxLength } = config;
  const initialize = truncatedNormal(0.02);
  const blocks = Array.from({ length: numBlocks }, (_, index) =>
    transformerBlockParameters(`block${index}`, embeddingDim, embeddingDim, glorotUniform),
  );
  return [
    { name: "items", shape: [numItems + 1, embeddingDim], initialize },
    { name: "positions", shape: [maxLength, embeddingDim], initialize },
    ...blocks.flat(),
    ...layerNormParameters("final-norm", embeddingDim),
    { name: "item-bias", shape: [numItems], initialize: zeros },
  ];
}

/** int32 `[B, L]`, padding first, to the hidden state at every position: `[T, D]`. */
function encode(tokens: Tensor, context: LayerContext, config: CausalConfig): Tensor {
  const { embeddingDim, numBlocks, numHeads, maxLength } = config;
  const [batch, length] = staticShape(tokens.shape);
  const positions = slice(context.weights("positions"), 0, maxLength - length, maxLength);
  const embedded = add(gather(context.weights("items"), tokens), positions);
  const isPadding = cast(equal(tokens, PADDING), "float32");
  const keyBias = reshape(mul(isPadding, MASKED_SCORE), [batch, 1, length, 1]);
  const mask = { keyBias, isCausal: true };
  let x = context.dropout(reshape(embedded, [batch * length, embeddingDim]));
  for (let index = 0; index < numBlocks; index++) {
    const options = { batchShape: tokens.shape, numHeads, normPlacement: "pre", ...mask } as const;
    x = transformerBlock(x, `block${index}`, context, options);
  }
  return layerNorm(x, "final-norm", context);
}

/** `[N, D]` */
function itemRows({ weights }: LayerContext, { numItems }: CausalConfig): Tensor {
  return slice(weights("items"), 0, 1, numItems + 1);
}

export interface CausalBatchOptions {
  readonly seed: number;
  readonly batchSize: number;
}

/** Lengths are rounded up to a multiple of this. */
const LENGTH_STEP = 25;

/** The steps of one epoch: the last `maxLength + 1` items of everyone, once. */
export function causalSteps(
  train: Interactions,
  config: CausalConfig,
  epoch: number,
  { seed, batchSize }: CausalBatchOptions,
): EpochSteps {
  const { maxLength, embeddingDim } = config;
  const windows = lastWindows(train, maxLength + 1).filter((window) => numInputs(window) > 0);
  const random = createRandom(seed, "batches", epoch);
  const options = { batchSize, lengthStep: LENGTH_STEP, maxLength };
  const buckets = bucketByLength(windows, numInputs, options, random);
  return {
    numSteps: buckets.length,
    step: (index) => {
      const { sequences, length } = buckets[index];
      const numTokens = sequences.reduce((sum, window) => sum + numInputs(window), 0);
      const size = sliceSize(batchSize, length, embeddingDim);
      const slices = Array.from({ length: batchSize / size }, (_, i) =>
        toSlice(train.items, sequences.slice(i * size, (i + 1) * size), [size, length], numTokens),
      );
      return { batches: [slices], numTokens };
    },
  };
}

/** Every item but the last is read, and the one after it is to be predicted. */
function numInputs({ start, end }: Window): number {
  return end - start - 1;
}

function toSlice(
  items: Uint32Array,
  windows: readonly Window[],
  shape: readonly [batchSize: number, length: number],
  numTokens: number,
): Slice {
  const [batchSize, length] = shape;
  const size = batchSize * length;
  const tokens = new Int32Array(size).fill(PADDING);
  const targets = new Int32Array(size);
  const weights = new Float32Array(size);
  for (const [row, window] of windows.entries()) {
    const shift = (row + 1) * length - (window.end - 1);
    for (let r = window.start; r + 1 < window.end; r++) {
      tokens[r + shift] = toToken(items[r]);
      targets[r + shift] = items[r + 1];
      weights[r + shift] = 1 / numTokens;
    }
  }
  return {
    tokens: { dtype: "int32", shape, data: tokens },
    targets: { dtype: "int32", shape: [size], data: targets },
    weights: { dtype: "float32", shape: [size], data: weights },
  };
}
