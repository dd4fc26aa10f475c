/**
 * Losses over the whole catalog, and of single answers. Shapes: `M` targets, `D` embedding, `N`
 * catalog.
 */
import { InternalError } from "../common/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import {
  add,
  cast,
  greater,
  log,
  maximum,
  mul,
  neg,
  softplus,
  sub,
} from "../graph/operators/elementwise.ts";
import { addAt, gather, pick, place, scatterAdd } from "../graph/operators/indexing.ts";
import { matmul } from "../graph/operators/linear-algebra.ts";
import { concat, reshape } from "../graph/operators/movement.ts";
import { logSoftmax, softmax } from "../graph/operators/normalization.ts";
import { expand, reduceSum } from "../graph/operators/sum.ts";
import { formatShape, sameShape, staticShape } from "../graph/shape.ts";

/** Below this a float32 has no logarithm: losses end at 85. Gradients are not touched by it. */
const SMALLEST_PROBABILITY = 1e-37;

export interface Targets {
  /** The itemIndex to predict, int32: `[M]`. */
  readonly items: Tensor;
  /** What each target counts, 0 for none: `[M]`. They sum to 1 over a step. */
  readonly weights: Tensor;
}

/**
 * Cross entropy of a softmax over the whole catalog:
 * `-sum(weights * log softmax(hidden items^T + bias)[targets])`.
 *
 * The gradient is written by hand: of the `[M, N]` matrices only the probabilities exist. With `P`
 * the probabilities and `Y` the one-hot targets, `(P - Y) E` is `P E - E[targets]`. The bias joins
 * the logits' product as one more column.
 *
 * @param hidden - `[M, D]`
 * @param items - `[N, D]`
 * @param bias - `[N]`
 * @returns shape `[]`
 */
export function softmaxCrossEntropy(
  hidden: Tensor,
  items: Tensor,
  bias: Tensor,
  targets: Targets,
): Tensor {
  expectLossShapes("softmaxCrossEntropy", hidden, items, bias, targets);
  const [numTargets] = staticShape(hidden.shape);
  const [numItems] = staticShape(items.shape);
  let probabilities: Tensor;
  return hidden.graph.block(
    [hidden, items, bias],
    () => {
      probabilities = softmax(catalogLogits(hidden, items, bias));
      const chosen = pick(probabilities, reshape(targets.items, [numTargets, 1]));
      const logLikelihood = log(maximum(reshape(chosen, [numTargets]), SMALLEST_PROBABILITY));
      return neg(reduceSum(mul(logLikelihood, targets.weights)));
    },
    (dLoss) => {
      const weights = mul(targets.weights, dLoss);
      const column = reshape(weights, [numTargets, 1]);
      const scaled = mul(hidden, column);
      const expected = matmul(probabilities, items);
      const expectedScaled = matmul(probabilities, scaled, { transposeA: true }); // [N, D]
      const expectedWeights = matmul(reshape(weights, [1, numTargets]), probabilities);
      return [
        mul(sub(expected, gather(items, targets.items)), column),
        sub(expectedScaled, scatterAdd(targets.items, scaled, items.shape)),
        sub(reshape(expectedWeights, [numItems]), scatterAdd(targets.items, weights, [numItems])),
      ];
    },
  );
}

/**
 * What label smoothing adds to `softmaxCrossEntropy` (Szegedy et al., CVPR 2016, section 7). With
 * `share` of each answer spread evenly over the catalog the loss is higher by
 * `share * sum(weights * (logit of the target - mean logit))`: the softmax's denominator is the same.
 *
 * @param hidden - `[M, D]`
 * @param items - `[N, D]`
 * @param bias - `[N]`
 * @param share - from 0 to 1
 * @returns shape `[]`
 */
export function labelSmoothing(
  hidden: Tensor,
  items: Tensor,
  bias: Tensor,
  targets: Targets,
  share: number,
): Tensor {
  expectLossShapes("labelSmoothing", hidden, items, bias, targets);
  const [numItems] = staticShape(items.shape);
  const wanted = gather(items, targets.items);
  const meanItem = mul(reduceSum(items, [0], true), 1 / numItems); // [1, D]
  const ofVectors = reduceSum(mul(hidden, sub(wanted, meanItem)), [1]);
  const ofBiases = sub(gather(bias, targets.items), mul(reduceSum(bias), 1 / numItems));
  return mul(reduceSum(mul(add(ofVectors, ofBiases), targets.weights)), share);
}

/** Several answers to each question, with what each is worth. */
export interface SoftTargets {
  /** itemIndex of the answers, int32: `[M, J]`; one that comes twice counts twice. */
  readonly items: Tensor;
  /** What each answer is worth; they sum to 1 for each target: `[M, J]`. */
  readonly shares: Tensor;
  /** As in `Targets`: `[M]`. */
  readonly weights: Tensor;
}

/**
 * `softmaxCrossEntropy` with several answers: `-sum(weights * sum(shares * log softmax(hidden items^T
 * + bias)[answers]))`. Its gradient is `(P - Y) E` as well, with the shares in
 * `Y`, subtracted from the probabilities in place: here too no other `[M, N]` matrix exists.
 *
 * @param hidden - `[M, D]`
 * @param items - `[N, D]`
 * @param bias - `[N]`
 * @returns shape `[]`
 */
export function softCrossEntropy(
  hidden: Tensor,
  items: Tensor,
  bias: Tensor,
  { items: answers, shares, weights }: SoftTargets,
): Tensor {
  expectLossShapes("softCrossEntropy", hidden, items, bias, { items: weights, weights });
  const [numTargets] = staticShape(hidden.shape);
  const [numItems] = staticShape(items.shape);
  let probabilities: Tensor;
  return hidden.graph.block(
    [hidden, items, bias],
    () => {
      probabilities = softmax(catalogLogits(hidden, items, bias));
      const chosen = pick(probabilities, answers); // [M, J]
      const logLikelihood = log(maximum(chosen, SMALLEST_PROBABILITY));
      return neg(reduceSum(mul(reduceSum(mul(logLikelihood, shares), [1]), weights)));
    },
    (dLoss) => {
      const scaledWeights = mul(weights, dLoss);
      const column = reshape(scaledWeights, [numTargets, 1]);
      const wrong = addAt(probabilities, answers, neg(shares));
      return [
        mul(matmul(wrong, items), column),
        matmul(wrong, mul(hidden, column), { transposeA: true }), // [N, D]
        reshape(matmul(reshape(scaledWeights, [1, numTargets]), wrong), [numItems]),
      ];
    },
  );
}

/** `hidden items^T + bias`, the bias as one more column of the product: `[M, N]`. */
function catalogLogits(hidden: Tensor, items: Tensor, bias: Tensor): Tensor {
  const [numTargets] = staticShape(hidden.shape);
  const [numItems] = staticShape(items.shape);
  const ones = expand(hidden.graph.scalar(hidden.dtype, 1), [numTargets, 1]);
  const itemsAndBias = concat([items, reshape(bias, [numItems, 1])], 1);
  return matmul(concat([hidden, ones], 1), itemsAndBias, { transposeB: true });
}

/**
 * How scores are compared with several items that come next: "softmax" is the cross entropy of each
 * of them, "binary" a yes or no for every item of the catalog.
 */
export type NextItemsLoss = "softmax" | "binary";

/**
 * The loss of scores that are to be right about several items each. Shapes: `B` histories, `K` items
 * to come.
 *
 * A yes or no counts what a target counts. Averaged over the catalog instead they would move nothing:
 * with a thousand items gradients come close to the epsilon of Adam, and scores stay at popularity.
 *
 * @param logits - `[B, N]`
 * @param targets - items and weights are `[B, K]`; an item of weight 0 is none.
 * @returns shape `[]`
 */
export function nextItemsLoss(kind: NextItemsLoss, logits: Tensor, targets: Targets): Tensor {
  const { items, weights } = targets;
  if (kind === "softmax") return neg(reduceSum(mul(pick(logSoftmax(logits), items), weights)));
  const [, numTargets] = staticShape(weights.shape);
  const isTarget = cast(greater(weights, 0), logits.dtype);
  const labels = place(items, isTarget, logits.shape);
  const perItem = mul(reduceSum(weights, [1], true), 1 / numTargets);
  return binaryCrossEntropy(logits, labels, expand(perItem, logits.shape));
}

/** @throws InternalError unless the arguments of a loss over items are of one `M`, `D` and `N`. */
export function expectLossShapes(
  loss: string,
  hidden: Tensor,
  items: Tensor,
  bias: Tensor,
  targets: Targets,
): void {
  const [numTargets, dim] = hidden.shape;
  const [numItems] = items.shape;
  const fits =
    sameShape(hidden.shape, [numTargets, dim]) &&
    sameShape(items.shape, [numItems, dim]) &&
    sameShape(bias.shape, [numItems]) &&
    sameShape(targets.items.shape, [numTargets]) &&
    sameShape(targets.weights.shape, [numTargets]);
  if (fits) return;
  const got = [hidden, items, bias, targets.items, targets.weights].map(({ shape }) =>
    formatShape(shape),
  );
  throw new InternalError(
    `${loss}: expected hidden [M, D], items [N, D], bias [N], targets [M] and weights [M], got ${got.join(", ")}`,
  );
}

/**
 * Cross entropy of yes-or-no answers: `-sum(weights * (labels * log sigmoid(logits) + (1 - labels)
 * * log(1 - sigmoid(logits))))`, written as `softplus(logits) - labels * logits`, which does not
 * overflow.
 *
 * @param labels - 0 or 1, or a probability between: of the shape of the logits, as are the weights.
 * @returns shape `[]`
 */
export function binaryCrossEntropy(logits: Tensor, labels: Tensor, weights: Tensor): Tensor {
  if (!sameShape(logits.shape, labels.shape) || !sameShape(logits.shape, weights.shape)) {
    const got = [logits, labels, weights].map(({ shape }) => formatShape(shape)).join(", ");
    throw new InternalError(
      `binaryCrossEntropy: logits, labels and weights must have one shape, got ${got}`,
    );
  }
  return reduceSum(mul(sub(softplus(logits), mul(labels, logits)), weights));
}
