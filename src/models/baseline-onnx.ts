/**
 * The baselines as graphs of a bundle: the same input and output as any other model.
 * Shapes: `B` histories, `L` tokens, `N` items, `K` neighbours.
 */
import { InputError } from "../common/errors.ts";
import { PADDING } from "../data/tokens.ts";
import { Graph, type Tensor } from "../graph/graph.ts";
import type { Operator } from "../graph/operator.ts";
import { add, cast, equal, exp, mul, not, sub } from "../graph/operators/elementwise.ts";
import { gather, pick } from "../graph/operators/indexing.ts";
import { matmul } from "../graph/operators/linear-algebra.ts";
import { reshape, slice, takeLast } from "../graph/operators/movement.ts";
import { cumSum } from "../graph/operators/reduction.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import type { BaselineWeights } from "./baselines.ts";
import type { EaseWeights } from "./ease.ts";
import { TOKENS_INPUT } from "./history-inputs.ts";
import type { ItemKnnWeights } from "./item-knn.ts";
import type { MarkovWeights } from "./markov.ts";
import { type OnnxModel, SCORES_OUTPUT } from "./onnx-recommender.ts";
import type { PopularityWeights } from "./popularity.ts";
import type { RecentPopularityWeights } from "./recent-popularity.ts";
import type { Weight } from "./weights.ts";

/** Baselines read a history of any length, and no mask. */
export const BASELINE_INPUT: OnnxModel["input"] = { maxLength: null, appendsMask: false };

/**
 * The bytes of `model.onnx`, in the standard's operators only.
 * @throws InputError when the model is larger than an ONNX file can be.
 */
export function baselineOnnx(weights: BaselineWeights): Uint8Array {
  const tokens = new Graph().input(TOKENS_INPUT, "int32", ["B", "L"]);
  return toOnnx(tokens.graph, { [SCORES_OUTPUT]: scoresOf(tokens, weights) });
}

function scoresOf(tokens: Tensor, weights: BaselineWeights): Tensor {
  if (weights.kind === "popularity") return popularityScores(tokens, weights);
  if (weights.kind === "recent-popularity") return recentPopularityScores(tokens, weights);
  if (weights.kind === "item-knn") return itemKnnScores(tokens, weights);
  if (weights.kind === "markov") return markovScores(tokens, weights);
  return easeScores(tokens, weights);
}

/** The same numbers for everyone: `[B, N]`. */
function popularityScores(tokens: Tensor, { tensors }: PopularityWeights): Tensor {
  return repeatForBatch(tokens, Float32Array.from(tensors.counts.data));
}

function recentPopularityScores(tokens: Tensor, { tensors }: RecentPopularityWeights): Tensor {
  return repeatForBatch(tokens, tensors.scores.data);
}

/** One row for each history: `[B, size]`. */
function repeatForBatch(tokens: Tensor, row: Float32Array): Tensor {
  const zeroOfEach = mul(cast(takeLast(tokens, 1), "float32"), 0); // [B, 1]
  return add(zeroOfEach, tokens.graph.constant("float32", [1, row.length], row));
}

/** A history as the set of its items, times the matrix. */
function easeScores(tokens: Tensor, { tensors }: EaseWeights): Tensor {
  const { shape, data } = tensors.itemWeights;
  const numItems = shape[0];
  requireFits("ease", numItems, data.byteLength);
  const nothing = repeatForBatch(tokens, new Float32Array(numItems + 1));
  const isSeen = scatter(nothing, tokens, cast(isItem(tokens), "float32"), "max"); // [B, N + 1]
  const items = slice(isSeen, 1, 1, numItems + 1); // without padding: [B, N]
  const votes = matmul(items, tokens.graph.constant("float32", shape, data));
  return add(votes, priorOfEmpty(tokens, tensors.prior));
}

/** The prior for a history without items, zeros for all others: `[B, N]`. */
function priorOfEmpty(tokens: Tensor, { data }: Weight<"float32">): Tensor {
  const isEmpty = cast(equal(takeLast(tokens, 1), PADDING), "float32"); // [B, 1]
  return mul(isEmpty, tokens.graph.constant("float32", [1, data.length], data));
}

function isItem(tokens: Tensor): Tensor {
  return not(equal(tokens, PADDING));
}

/** protobuf counts bytes in 31 bits. */
function requireFits(name: string, numItems: number, sizeBytes: number): void {
  if (sizeBytes < 2 ** 31 - 2 ** 20) return;
  throw new InputError(
    `${name} on ${numItems} items does not fit into an ONNX file, which holds at most 2 GiB; ` +
      "drop rare items (minimum interactions per item) or use item-knn with fewer neighbours",
  );
}

/** Every film of a history votes once for each of its neighbours. */
function itemKnnScores(tokens: Tensor, weights: ItemKnnWeights): Tensor {
  const { offsets, neighbors, similarities, prior } = weights.tensors;
  const { columns, values, numItems, width } = toTable(
    "item-knn",
    offsets,
    neighbors,
    similarities,
  );
  const { graph } = tokens;
  const table = [numItems + 1, width];
  const voted = gather(graph.constant("int32", table, columns), tokens); // [B, L, K]
  const votes = mul(
    gather(graph.constant("float32", table, values), tokens),
    reshape(voteWeights(tokens, numItems, weights.options.recency), ["B", "L", 1]),
  );
  return scatter(priorOfEmpty(tokens, prior), flatten(voted), flatten(votes), "add");
}

/** `[B, L]`: of a repeated film the latest place counts, `t` places before the last `recency ** t`. */
function voteWeights(tokens: Tensor, numItems: number, recency: number): Tensor {
  const items = cast(isItem(tokens), "int32");
  const place = cast(cumSum(items, 1), "float32");
  const nothing = repeatForBatch(tokens, new Float32Array(numItems + 1));
  const lastPlace = pick(scatter(nothing, tokens, place, "max"), tokens);
  const isLast = cast(equal(place, lastPlace), "float32");
  if (recency === 1) return isLast;
  const age = sub(cast(cumSum(items, 1, true), "float32"), 1);
  return mul(isLast, exp(mul(age, Math.log(recency))));
}

/** What followed the last film, and of what is popular the more the less that was. */
function markovScores(tokens: Tensor, { tensors }: MarkovWeights): Tensor {
  const { graph } = tokens;
  const numItems = tensors.prior.data.length;
  const { columns, values, width } = toTable(
    "markov",
    tensors.offsets,
    tensors.successors,
    tensors.shares,
  );
  const last = takeLast(tokens, 1); // [B, 1]
  const rests = Float32Array.of(1, ...tensors.rests.data); // padding says nothing
  const rest = gather(graph.constant("float32", [numItems + 1], rests), last);
  const base = mul(rest, graph.constant("float32", [1, numItems], tensors.prior.data));
  const table = [numItems + 1, width];
  const followed = gather(graph.constant("int32", table, columns), last); // [B, 1, K]
  const shares = gather(graph.constant("float32", table, values), last);
  return scatter(base, flatten(followed), flatten(shares), "add");
}

/** Rows of unequal length by token, filled up with zeros; padding has no other: `[N + 1, K]`. */
function toTable(
  name: string,
  { data: offsets }: Weight<"int32">,
  { data: rowColumns }: Weight<"int32">,
  { data: rowValues }: Weight<"float32">,
): { columns: Int32Array; values: Float32Array; numItems: number; width: number } {
  const numItems = offsets.length - 1;
  let width = 1;
  for (let i = 0; i < numItems; i++) width = Math.max(width, offsets[i + 1] - offsets[i]);
  requireFits(name, numItems, 8 * (numItems + 1) * width);
  const columns = new Int32Array((numItems + 1) * width);
  const values = new Float32Array(columns.length);
  for (let i = 0; i < numItems; i++) {
    columns.set(rowColumns.subarray(offsets[i], offsets[i + 1]), (i + 1) * width);
    values.set(rowValues.subarray(offsets[i], offsets[i + 1]), (i + 1) * width);
  }
  return { columns, values, numItems, width };
}

/** `[B, L, K]` to `[B, L K]`. */
function flatten(x: Tensor): Tensor {
  return x.graph.apply(flattenOperator, [x], {})[0];
}

const flattenOperator: Operator<Record<string, never>> = {
  name: "flatten",
  infer: ([x]) => [{ dtype: x.dtype, shape: [x.shape[0], x.shape.slice(1).join("*")] }],
  gradient: null,
  emit: ({ inputNames, outputNames }, emitter) => {
    emitter.node("Flatten", inputNames, { axis: { int: 1 } }, { outputs: outputNames });
  },
};

/** `base` with `values` added, or put where they are larger, at each row's indices. */
function scatter(base: Tensor, indices: Tensor, values: Tensor, reduction: "add" | "max"): Tensor {
  return base.graph.apply(scatterOperator, [base, indices, values], { reduction })[0];
}

const scatterOperator: Operator<{ readonly reduction: "add" | "max" }> = {
  name: "scatter",
  infer: ([base]) => [{ dtype: base.dtype, shape: base.shape }],
  gradient: null,
  emit: ({ attributes: { reduction }, inputNames, outputNames }, emitter) => {
    const options = { axis: { int: 1 }, reduction: { string: reduction } };
    emitter.node("ScatterElements", inputNames, options, { outputs: outputNames });
  },
};
