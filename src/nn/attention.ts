/**
 * Multi-head attention (Vaswani et al. 2017).
 * Shapes: `B` batch, `L` length, `D` embedding, `H` heads, `E = D / H`.
 */
import { InternalError } from "../common/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { add, cast, equal, less, mul, neg } from "../graph/operators/elementwise.ts";
import { matmul } from "../graph/operators/linear-algebra.ts";
import { concat, reshape, split, transpose } from "../graph/operators/movement.ts";
import { softmax } from "../graph/operators/normalization.ts";
import { cumSum } from "../graph/operators/reduction.ts";
import { expand, reduceSum, sumTo } from "../graph/operators/sum.ts";
import { staticShape } from "../graph/shape.ts";
import { glorotUniform, type Initializer } from "./initialization.ts";
import { type LayerContext, linear, linearParameters } from "./layers.ts";
import type { ParameterSpec } from "./parameters.ts";
import { type RelativePositions, relativeBias, relativeBiasParameters } from "./relative-bias.ts";

/** Added to the scores of positions that must not be seen; their weight then is exactly 0. */
export const MASKED_SCORE = -1e9;

export interface AttentionMask {
  /** `[B, 1, L, 1]`: 0 where a key may be seen, MASKED_SCORE where it is padding. */
  readonly keyBias?: Tensor | undefined;
  /** `causalBias`, where a position sees only itself and what came before. Default: it sees all. */
  readonly causalBias?: Tensor | undefined;
  /** Learnt, and added to the scores: `[L, L]` or `[B, L, L]`. Default: nothing. */
  readonly scoreBias?: Tensor | undefined;
}

/**
 * `softmax(q k^T / sqrt(E) + mask) v`.
 *
 * The gradient is written by hand, to touch the `[B, H, L, L]` weights as few times as can be: with
 * `P` the weights and `O` the output, `dS = P * (dO v^T - rowsum(dO * O))` (the identity behind
 * FlashAttention, Dao et al. 2022), and the row sum joins the matrix product as one more column.
 *
 * @param q - `[..., L, E]`, as are `k`, `v` and the result; the mask's bias spreads over what leads.
 */
export function attend(q: Tensor, k: Tensor, v: Tensor, mask: AttentionMask = {}): Tensor {
  const { scoreBias } = mask;
  const scale = 1 / Math.sqrt(staticShape(q.shape.slice(-1))[0]);
  let weights: Tensor;
  return q.graph.block(
    [q, k, v, ...(scoreBias ? [scoreBias] : [])],
    () => {
      weights = softmax(maskedScores(q, k, scale, mask));
      return matmul(weights, v);
    },
    (dOutput, output) => {
      const rowSums = reduceSum(mul(dOutput, output), [-1], true);
      const dWeights = matmul(concat([dOutput, neg(rowSums)], -1), concat([v, onesColumn(v)], -1), {
        transposeB: true,
      });
      const dScores = mul(weights, dWeights);
      return [
        matmul(dScores, k, { scale }),
        matmul(dScores, q, { transposeA: true, scale }),
        matmul(weights, dOutput, { transposeA: true }),
        ...(scoreBias ? [sumTo(dScores, scoreBias.shape)] : []),
      ];
    },
  );
}

function maskedScores(q: Tensor, k: Tensor, scale: number, mask: AttentionMask): Tensor {
  const { keyBias, causalBias: laterBias, scoreBias } = mask;
  const scores = keyBias
    ? scoresWithKeyBias(q, k, scale, keyBias)
    : matmul(q, k, { transposeB: true, scale });
  if (laterBias && scoreBias) return add(scores, add(laterBias, scoreBias));
  const bias = laterBias ?? scoreBias;
  return bias ? add(scores, bias) : scores;
}

/** Where sizes are known, the bias is one more column of the product: no pass over the scores. */
function scoresWithKeyBias(q: Tensor, k: Tensor, scale: number, keyBias: Tensor): Tensor {
  if (q.shape.some((dim) => typeof dim === "string")) {
    return add(matmul(q, k, { transposeB: true, scale }), transpose(keyBias));
  }
  const column = expand(mul(keyBias, 1 / scale), [...k.shape.slice(0, -1), 1]);
  return matmul(concat([q, onesColumn(q)], -1), concat([k, column], -1), {
    transposeB: true,
    scale,
  });
}

function onesColumn(x: Tensor): Tensor {
  const shape = [...staticShape(x.shape).slice(0, -1), 1];
  return expand(x.graph.scalar(x.dtype, 1), shape);
}

/**
 * 0 for what a position may see, MASKED_SCORE for what comes after it: `[L, L]`, or `[B, L, L]` where
 * the length is settled when the graph runs.
 * @param sequence - `[B, L]`, of any content.
 */
export function causalBias(sequence: Tensor, dtype: "float32" | "float64" = "float32"): Tensor {
  const [batch, length] = sequence.shape;
  if (typeof length === "number") {
    const values = Float32Array.from({ length: length * length }, (_, i) =>
      i % length > Math.floor(i / length) ? MASKED_SCORE : 0,
    );
    return sequence.graph.constant(dtype, [length, length], values);
  }
  const places = cumSum(cast(equal(sequence, sequence), dtype), 1);
  const isLater = less(reshape(places, [batch, length, 1]), reshape(places, [batch, 1, length]));
  return mul(cast(isLater, dtype), MASKED_SCORE);
}

/** @param relative - given, its scores know how far two positions are apart. */
export function selfAttentionParameters(
  name: string,
  dim: number,
  initialize: Initializer,
  relative?: RelativePositions,
): ParameterSpec[] {
  return [
    ...linearParameters(`${name}/input`, dim, 3 * dim, initialize),
    ...linearParameters(`${name}/output`, dim, dim, initialize),
    ...(relative ? relativeBiasParameters(name, relative) : []),
  ];
}

/**
 * Starts `input`, `[D, 3 D]`, so that values are what they are made of. With an identity for
 * `output` attention begins as the average of what it attends to.
 */
export const passingValues: Initializer = (values, shape, random) => {
  glorotUniform(values, shape, random);
  const [dim, columns] = shape;
  for (let row = 0; row < dim; row++) {
    const ownValues = values.subarray(row * columns + 2 * dim, (row + 1) * columns);
    ownValues.fill(0);
    ownValues[row] = 1;
  }
};

export interface SelfAttentionOptions extends Omit<AttentionMask, "scoreBias"> {
  /** `[B, L]` */
  readonly batchShape: Tensor["shape"];
  readonly numHeads: number;
  /** `distancesOf` the batch, where scores know how far two positions are apart. */
  readonly distances?: Tensor | undefined;
  /** The rows whose result is wanted: `[T, D]` to `[..., D]`. Default: all. */
  readonly pick?: ((rows: Tensor) => Tensor) | undefined;
}

/**
 * Self-attention with `numHeads` heads: `[T, D]` to `[T, D]`, or to what is picked; the rows are a
 * batch of `[B, L]` positions.
 */
export function selfAttention(
  x: Tensor,
  name: string,
  context: LayerContext,
  options: SelfAttentionOptions,
): Tensor {
  const { batchShape, numHeads, distances, pick = (rows) => rows, ...mask } = options;
  const [batch, length] = batchShape;
  const dim = staticShape(x.shape.slice(-1))[0];
  if (dim % numHeads !== 0) {
    throw new InternalError(`attention: ${dim} does not divide into ${numHeads} heads`);
  }
  const projected = reshape(linear(x, `${name}/input`, context), [batch, length, 3 * dim]);
  const parts = split(projected, 2, new Array(3 * numHeads).fill(dim / numHeads));
  const keyBias = mask.keyBias && reshape(mask.keyBias, [batch, length, 1]);
  // Head by head: a head's columns are cut out and put back in one pass, where an axis of heads
  // would have to be transposed to the front and back.
  const heads = Array.from({ length: numHeads }, (_, head) => {
    const [q, k, v] = [0, 1, 2].map((part) => parts[part * numHeads + head]);
    const scoreBias = distances && relativeBias(distances, name, head, context);
    return attend(q, k, v, { ...mask, keyBias, scoreBias });
  });
  return linear(pick(reshape(concat(heads, 2), x.shape)), `${name}/output`, context);
}
