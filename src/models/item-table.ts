/**
 * What is learned of items: a vector that is read and compared with, and a bias. Here hidden states
 * become scores and losses, in every sequence model the same.
 *
 * Shapes: `M` targets, `D` embedding, `N` catalog, `K` negatives.
 */
import type { Tensor } from "../graph/graph.ts";
import { add } from "../graph/operators/elementwise.ts";
import { matmul } from "../graph/operators/linear-algebra.ts";
import { slice } from "../graph/operators/movement.ts";
import { copyOf, type Initializer, truncatedNormal, zeros } from "../nn/initialization.ts";
import { embedding, embeddingParameters, type LayerContext } from "../nn/layers.ts";
import {
  labelSmoothing,
  softCrossEntropy,
  softmaxCrossEntropy,
  type Targets,
} from "../nn/losses.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { generalizedBce, sampledSoftmax } from "../nn/sampled-losses.ts";

export const ITEMS = "items";
export const ITEM_BIAS = "item-bias";

/** Where what is learned of items starts that the data say something about. */
export interface ItemStart {
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
}

/** One row for each token. @param deviation - how far from zero rows start that are random. */
export function itemTable(
  shape: readonly [numTokens: number, embeddingDim: number],
  deviation: number,
  start: ItemStart = {},
): ParameterSpec[] {
  const random = truncatedNormal(deviation);
  const initialize = start.items ? rowsAfterPadding(start.items, random) : random;
  const specs = embeddingParameters(ITEMS, ...shape, initialize);
  return specs.map((spec) => ({ ...spec, rateShare: start.itemRateShare }));
}

/** The rows of the items; those of padding and the mask start at random. */
function rowsAfterPadding(items: Float32Array, others: Initializer): Initializer {
  return (values, shape, random) => {
    others(values, shape, random);
    values.set(items, shape[1]);
  };
}

/** One number for each item, added to its score. */
export function itemBiases(numItems: number, { itemBias }: ItemStart = {}): ParameterSpec[] {
  return [{ name: ITEM_BIAS, shape: [numItems], initialize: itemBias ? copyOf(itemBias) : zeros }];
}

/** The vectors of tokens: int32 `[...]` to `[..., D]`. */
export function embedItems(tokens: Tensor, context: LayerContext): Tensor {
  return embedding(tokens, ITEMS, context);
}

/** What scores are made of: `[N, D]`. */
export function itemRows({ weights }: LayerContext, numItems: number): Tensor {
  return slice(weights(ITEMS), 0, 1, numItems + 1);
}

/** Hidden states `[..., D]` to a score for each item: `[..., N]`. */
export function catalogScores(hidden: Tensor, context: LayerContext, numItems: number): Tensor {
  const logits = matmul(hidden, itemRows(context, numItems), { transposeB: true });
  return add(logits, context.weights(ITEM_BIAS));
}

/** Targets compared with the catalog, or with items drawn from it where any are given. */
export interface CatalogTargets extends Targets {
  /** The itemIndex of each draw, int32: `[K]`. */
  readonly negatives?: Tensor | undefined;
  /** As in `Negatives`: `[K]`. */
  readonly logProbabilities?: Tensor | undefined;
  /** As in `SoftTargets`, in the place of the items: `[M, J]`. */
  readonly answers?: Tensor | undefined;
  /** `[M, J]` */
  readonly shares?: Tensor | undefined;
}

export interface CatalogLossOptions {
  /**
   * Added to the items' scores while training only: `[N]`. With a share of their log frequencies the
   * scores learn what those do not tell, and recommend popular items less (logit adjustment, Menon
   * et al., ICLR 2021). Default: nothing.
   */
  readonly handicap?: Float32Array | undefined;
  /** Given, drawn items are compared with by gBCE of this calibration. Default: sampled softmax. */
  readonly calibration?: number | undefined;
  /** The share of each answer that is spread over the whole catalog. Default: 0. */
  readonly smoothing?: number | undefined;
}

/** The training loss, a scalar. @param hidden - what was made of each target's context: `[M, D]`. */
export function catalogLoss(
  hidden: Tensor,
  { negatives, logProbabilities, answers, shares, ...targets }: CatalogTargets,
  context: LayerContext,
  numItems: number,
  { handicap, calibration, smoothing = 0 }: CatalogLossOptions = {},
): Tensor {
  const { graph } = hidden;
  const items = itemRows(context, numItems);
  const learned = context.weights(ITEM_BIAS);
  const bias = handicap
    ? add(learned, graph.constant("float32", [handicap.length], handicap))
    : learned;
  return graph.scope("loss", () => {
    if (answers && shares) {
      const soft = { items: answers, shares, weights: targets.weights };
      return softCrossEntropy(hidden, items, bias, soft);
    }
    if (negatives && calibration !== undefined) {
      return generalizedBce(hidden, items, bias, targets, negatives, { calibration });
    }
    if (negatives && logProbabilities) {
      return sampledSoftmax(hidden, items, bias, targets, { items: negatives, logProbabilities });
    }
    const loss = softmaxCrossEntropy(hidden, items, bias, targets);
    return smoothing > 0
      ? add(loss, labelSmoothing(hidden, items, bias, targets, smoothing))
      : loss;
  });
}
