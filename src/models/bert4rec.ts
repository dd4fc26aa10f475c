/**
 * BERT4Rec (Sun et al., CIKM 2019): a bidirectional transformer over a viewer's history that learns
 * to fill in masked films. The next film is what it would fill in at the end.
 *
 * Departures: the last film is among the masked ones in a given share of the samples, logits and
 * loss are computed at masked positions only (both from the replicability studies: Petrov &
 * Macdonald, RecSys 2022; Klenitskiy & Vasilev, RecSys 2023), over items only, never padding or the
 * mask; and what `Bert4RecStart` and `Bert4RecLossOptions` add.
 *
 * Shapes: `B` batch, `L` length, `T = B L`, `D` embedding, `M` masked positions, `N` catalog.
 */
import { countTokens, PADDING } from "../data/tokens.ts";
import type { Tensor } from "../graph/graph.ts";
import { add, cast, equal, gelu, mul, not, sub } from "../graph/operators/elementwise.ts";
import { gather } from "../graph/operators/indexing.ts";
import { matmul } from "../graph/operators/linear-algebra.ts";
import { reshape, slice, takeLast } from "../graph/operators/movement.ts";
import { cumSum } from "../graph/operators/reduction.ts";
import { MASKED_SCORE, passingValues } from "../nn/attention.ts";
import {
  copyOf,
  glorotUniform,
  type Initializer,
  scaledIdentity,
  truncatedNormal,
  zeros,
} from "../nn/initialization.ts";
import {
  embedding,
  embeddingParameters,
  type LayerContext,
  layerNorm,
  layerNormParameters,
  linear,
  linearParameters,
} from "../nn/layers.ts";
import { softmaxCrossEntropy, type Targets } from "../nn/losses.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { type Negatives, sampledSoftmax } from "../nn/sampled-losses.ts";
import {
  type NormPlacement,
  transformerBlock,
  transformerBlockParameters,
} from "../nn/transformer-block.ts";

export interface Bert4RecConfig {
  /** `N` */
  readonly numItems: number;
  /** `D` */
  readonly embeddingDim: number;
  readonly numBlocks: number;
  readonly numHeads: number;
  /** The longest sequence, the mask at its end included. */
  readonly maxLength: number;
  readonly normPlacement: NormPlacement;
  /** Whether a linear layer, GELU and layer norm stand between the last block and the items. */
  readonly hasHead: boolean;
}

/**
 * How far embeddings start from zero. Positions start closer: those that no training window reaches
 * would otherwise disturb longer histories.
 */
export const ITEM_DEVIATION = 0.1;
const POSITION_DEVIATION = 0.02;

/** How much more the average of what is seen counts than the position's own token, at the start. */
const AVERAGE_SCALE = 4;

/** Where weights start that the data say something about. */
export interface Bert4RecStart {
  /**
   * The output biases: `[N]`. The logarithms of the items' training counts spare the first epochs
   * (as Lin et al. 2017 start a classifier at its prior). Default: zeros.
   */
  readonly itemBias?: Float32Array | undefined;
  /** The embeddings of the items: `[N, D]`. Default: random. */
  readonly items?: Float32Array | undefined;
  /**
   * The share of the learning rate by which they leave it. Adam moves the rare ones, whose gradients
   * are small and seldom, as far as the others: at the full rate what they started from is lost.
   */
  readonly itemRateShare?: number | undefined;
  /**
   * Whether the first block starts by adding the average of what a position sees, and the others
   * change nothing (residual branches that end in zeros, as in Goyal et al. 2017): what the items
   * start from is used from the first step. Default: false, all random.
   */
  readonly isAveraging?: boolean | undefined;
}

export function bert4recParameters(
  config: Bert4RecConfig,
  start: Bert4RecStart = {},
): ParameterSpec[] {
  const { numItems, embeddingDim, numBlocks, maxLength, hasHead } = config;
  const items = start.items ? startItemsAt(start.items) : truncatedNormal(ITEM_DEVIATION);
  const positions = truncatedNormal(POSITION_DEVIATION);
  const blocks = Array.from({ length: numBlocks }, (_, index) =>
    transformerBlockParameters(`block${index}`, embeddingDim, 4 * embeddingDim, glorotUniform),
  ).flat();
  const head = [
    ...linearParameters("head", embeddingDim, embeddingDim, glorotUniform),
    ...layerNormParameters("head-norm", embeddingDim),
  ];
  return [
    ...embeddingParameters("items", countTokens(numItems), embeddingDim, items).map((spec) => ({
      ...spec,
      rateShare: start.itemRateShare,
    })),
    ...embeddingParameters("positions", maxLength, embeddingDim, positions),
    ...layerNormParameters("embedding-norm", embeddingDim),
    ...(start.isAveraging ? blocks.map(startAveraging) : blocks),
    ...(config.normPlacement === "pre" ? layerNormParameters("final-norm", embeddingDim) : []),
    ...(hasHead ? head : []),
    {
      name: "item-bias",
      shape: [numItems],
      initialize: start.itemBias ? copyOf(start.itemBias) : zeros,
    },
  ];
}

function startAveraging(spec: ParameterSpec): ParameterSpec {
  const starts: Readonly<Record<string, Initializer>> = {
    "block0/attention/input/weight": passingValues,
    "block0/attention/output/weight": scaledIdentity(AVERAGE_SCALE),
  };
  const endsBranch = /\/(attention\/output|feed-forward\/contract)\/weight$/.test(spec.name);
  return { ...spec, initialize: starts[spec.name] ?? (endsBranch ? zeros : spec.initialize) };
}

/** The rows of the items; those of padding and the mask start at random. */
function startItemsAt(items: Float32Array): Initializer {
  return (values, shape, random) => {
    truncatedNormal(ITEM_DEVIATION)(values, shape, random);
    values.set(items, shape[1]);
  };
}

/**
 * The hidden state at the positions that are asked for.
 * @param tokens - int32 `[B, L]`, padding first.
 * @param pick - takes their rows out of `[B L, D]`, or `[B, L, D]` where sizes are settled later.
 * @returns `[..., D]`
 */
function encode(
  tokens: Tensor,
  pick: (rows: Tensor) => Tensor,
  context: LayerContext,
  config: Bert4RecConfig,
): Tensor {
  const { embeddingDim, numBlocks, numHeads, normPlacement } = config;
  const [batch, length] = tokens.shape;
  const embedded = add(embedding(tokens, "items", context), positionsOf(tokens, context, config));
  const rows = reshape(embedded, flattened(tokens, embeddingDim));
  let x = context.dropout(layerNorm(rows, "embedding-norm", context));
  const isPadding = equal(tokens, PADDING);
  const keyBias = reshape(mul(cast(isPadding, "float32"), MASKED_SCORE), [batch, 1, length, 1]);
  const options = { batchShape: tokens.shape, numHeads, normPlacement, keyBias };
  for (let index = 0; index < numBlocks; index++) {
    const isLast = index === numBlocks - 1;
    x = transformerBlock(x, `block${index}`, context, isLast ? { ...options, pick } : options);
  }
  return x;
}

/** One row for each position of the batch where its size is known, else `[B, L]` rows. */
function flattened({ shape }: Tensor, dim: number): Tensor["shape"] {
  const [batch, length] = shape;
  const isStatic = typeof batch === "number" && typeof length === "number";
  return isStatic ? [batch * length, dim] : [batch, length, dim];
}

/** The last row of the table belongs to the last position, so the length of a batch does not matter. */
function positionsOf(tokens: Tensor, context: LayerContext, config: Bert4RecConfig): Tensor {
  const [, length] = tokens.shape;
  if (typeof length === "number") {
    return slice(context.weights("positions"), 0, config.maxLength - length, config.maxLength);
  }
  const isItem = cast(not(equal(tokens, PADDING)), "int32");
  return embedding(sub(config.maxLength, cumSum(isItem, 1, true)), "positions", context);
}

/** What the output layer compares with the items: `[..., D]` to `[..., D]`. */
function transformHead(hidden: Tensor, context: LayerContext, config: Bert4RecConfig): Tensor {
  const { normPlacement, hasHead } = config;
  const final = normPlacement === "pre" ? layerNorm(hidden, "final-norm", context) : hidden;
  return hasHead ? layerNorm(gelu(linear(final, "head", context)), "head-norm", context) : final;
}

function itemRows({ weights }: LayerContext, { numItems }: Bert4RecConfig): Tensor {
  return slice(weights("items"), 0, 1, numItems + 1);
}

export interface Bert4RecLossOptions {
  /** What the targets are compared with. Default: the whole catalog. */
  readonly negatives?: Negatives | undefined;
  /**
   * Added to the items' scores while training only: `[N]`. With a share of their log frequencies the
   * scores learn what those do not tell, and recommend popular items less (logit adjustment, Menon
   * et al., ICLR 2021). Default: nothing.
   */
  readonly handicap?: Float32Array | undefined;
}

/**
 * The training loss, a scalar.
 * @param tokens - int32 `[B, L]`, padding first, some replaced by the mask.
 * @param positions - int32 `[M]`: which of the `B L` positions are to be predicted.
 * @param targets - the items there.
 * @param options - what the targets are compared with and how.
 */
export function bert4recLoss(
  tokens: Tensor,
  positions: Tensor,
  targets: Targets,
  context: LayerContext,
  config: Bert4RecConfig,
  { negatives, handicap }: Bert4RecLossOptions = {},
): Tensor {
  const hidden = encode(tokens, (rows) => gather(rows, positions), context, config);
  const { graph } = tokens;
  const transformed = graph.scope("head", () => transformHead(hidden, context, config));
  const items = itemRows(context, config);
  const learned = context.weights("item-bias");
  const bias = handicap
    ? add(learned, graph.constant("float32", [handicap.length], handicap))
    : learned;
  return graph.scope("loss", () =>
    negatives
      ? sampledSoftmax(transformed, items, bias, targets, negatives)
      : softmaxCrossEntropy(transformed, items, bias, targets),
  );
}

/**
 * A score for each item at the last position.
 * @param tokens - int32 `[B, L]`, padding first, the mask last.
 * @returns logits `[B, N]`
 */
export function bert4recScores(
  tokens: Tensor,
  context: LayerContext,
  config: Bert4RecConfig,
): Tensor {
  const [batch, length] = tokens.shape;
  const { embeddingDim } = config;
  const last = (rows: Tensor): Tensor =>
    reshape(takeLast(reshape(rows, [batch, length, embeddingDim]), 1), [batch, embeddingDim]);
  const transformed = transformHead(encode(tokens, last, context, config), context, config);
  const logits = matmul(transformed, itemRows(context, config), { transposeB: true });
  return add(logits, context.weights("item-bias"));
}
