/**
 * Losses that compare a target with a sample of the catalog, for catalogs too large to score whole.
 * Shapes: `M` targets, `D` embedding, `N` catalog, `K` negatives.
 *
 * The negatives are drawn with replacement and shared by all targets of a step, so that scoring them
 * is one matrix product. Where a negative happens to be a target's own item, it does not count for
 * that target.
 */
import { InternalError } from "../common/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { add, equal, mul, neg, softplus, sub, where } from "../graph/operators/elementwise.ts";
import { gather } from "../graph/operators/indexing.ts";
import { matmul } from "../graph/operators/linear-algebra.ts";
import { concat, reshape } from "../graph/operators/movement.ts";
import { logSumExp } from "../graph/operators/reduction.ts";
import { reduceSum } from "../graph/operators/sum.ts";
import { formatShape, sameShape, staticShape } from "../graph/shape.ts";
import { MASKED_SCORE } from "./attention.ts";
import { expectLossShapes, type Targets } from "./losses.ts";

export interface Negatives {
  /** The itemIndex of each draw, int32: `[K]`. */
  readonly items: Tensor;
  /** The natural logarithm of the probability with which each draw hits its item: `[K]`. */
  readonly logProbabilities: Tensor;
}

/**
 * Sampled softmax (Bengio & Senecal 2008; Jean et al. 2015): cross entropy whose sum over the
 * catalog is estimated, `-sum(weights * (s_t - log(exp(s_t) + sum over negatives k of exp(s_k) / (K
 * q_k))))`, with `q_k` the probability of a draw. The division is the log-Q correction: it makes the
 * inner sum an unbiased estimate of the sum over all items but the target, whatever the negatives
 * are drawn from, so that the loss and its gradient converge to those of the full softmax.
 *
 * TensorFlow's `sampled_softmax_loss` corrects the target's score too; here the target is always
 * there, its probability is 1 and its correction 0.
 *
 * @param hidden - `[M, D]`
 * @param items - `[N, D]`
 * @param bias - `[N]`
 * @returns shape `[]`
 */
export function sampledSoftmax(
  hidden: Tensor,
  items: Tensor,
  bias: Tensor,
  targets: Targets,
  negatives: Negatives,
): Tensor {
  expectLossShapes("sampledSoftmax", hidden, items, bias, targets);
  const numNegatives = expectNegatives("sampledSoftmax", negatives.items);
  if (!sameShape(negatives.logProbabilities.shape, [numNegatives])) {
    throw new InternalError(
      `sampledSoftmax: expected log probabilities [${numNegatives}], got ${formatShape(negatives.logProbabilities.shape)}`,
    );
  }
  const logCounts = add(negatives.logProbabilities, Math.log(numNegatives));
  const target = targetScores(hidden, items, bias, targets);
  const sampled = sub(negativeScores(hidden, items, bias, negatives.items), logCounts);
  const logSum = logSumExp(concat([target, withoutHits(sampled, targets, negatives.items)], 1));
  return reduceSum(mul(sub(logSum, reshape(target, logSum.shape)), targets.weights));
}

export interface GeneralizedBceOptions {
  /**
   * `t`, from 0, the plain binary cross entropy of SASRec (Kang & McAuley 2018), to 1, whose
   * sigmoids are probabilities over the whole catalog.
   */
  readonly calibration: number;
}

/**
 * gBCE (Petrov & Macdonald, RecSys 2023, "gSASRec"): `-sum(weights * (beta log sigmoid(s_t) + sum
 * over negatives k of log(1 - sigmoid(s_k))) / (K + 1))`, where `beta = alpha (t (1 - 1 / alpha) +
 * 1 / alpha)` and `alpha = K / (N - 1)` is the share of the catalog that is drawn. `beta < 1` undoes
 * the overconfidence that few negatives leave.
 *
 * @param negatives - the itemIndex of each draw, uniform over the catalog, int32: `[K]`.
 * @returns shape `[]`; the other arguments are those of `sampledSoftmax`.
 */
export function generalizedBce(
  hidden: Tensor,
  items: Tensor,
  bias: Tensor,
  targets: Targets,
  negatives: Tensor,
  { calibration }: GeneralizedBceOptions,
): Tensor {
  expectLossShapes("generalizedBce", hidden, items, bias, targets);
  if (!(calibration >= 0 && calibration <= 1)) {
    throw new InternalError(`generalizedBce: calibration must be in [0, 1], got ${calibration}`);
  }
  const numNegatives = expectNegatives("generalizedBce", negatives);
  const beta = positiveExponent(numNegatives, staticShape(items.shape)[0], calibration);
  const target = targetScores(hidden, items, bias, targets);
  const sampled = negativeScores(hidden, items, bias, negatives);
  const forPositive = mul(softplus(neg(target)), beta);
  const forNegatives = softplus(withoutHits(sampled, targets, negatives));
  const perTarget = add(forPositive, reduceSum(forNegatives, [1], true));
  const weights = mul(targets.weights, 1 / (numNegatives + 1));
  return reduceSum(mul(reshape(perTarget, weights.shape), weights));
}

/** `beta` of gBCE, with a share of at most the whole catalog. */
export function positiveExponent(
  numNegatives: number,
  numItems: number,
  calibration: number,
): number {
  const alpha = Math.min(numNegatives / (numItems - 1), 1);
  return alpha * (calibration * (1 - 1 / alpha) + 1 / alpha);
}

function expectNegatives(loss: string, negatives: Tensor): number {
  const [numNegatives] = staticShape(negatives.shape);
  if (negatives.shape.length !== 1) {
    throw new InternalError(`${loss}: expected negatives [K], got ${formatShape(negatives.shape)}`);
  }
  return numNegatives;
}

/** `[M, 1]` */
function targetScores(hidden: Tensor, items: Tensor, bias: Tensor, targets: Targets): Tensor {
  const products = reduceSum(mul(hidden, gather(items, targets.items)), [1], true);
  return add(products, reshape(gather(bias, targets.items), products.shape));
}

/** `[M, K]` */
function negativeScores(hidden: Tensor, items: Tensor, bias: Tensor, negatives: Tensor): Tensor {
  const products = matmul(hidden, gather(items, negatives), { transposeB: true });
  return add(products, gather(bias, negatives));
}

/** The scores `[M, K]`, far below all others where a negative is the target itself. */
function withoutHits(scores: Tensor, targets: Targets, negatives: Tensor): Tensor {
  const isHit = equal(reshape(targets.items, [scores.shape[0], 1]), negatives);
  return where(isHit, scores.graph.scalar(scores.dtype, MASKED_SCORE), scores);
}
