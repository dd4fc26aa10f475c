/**
 * A trained network as the graph of a bundle.
 */
import { Graph } from "../graph/graph.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { constantWeights } from "../nn/parameters.ts";
import { ITEM_VECTORS_OUTPUT, SCORES_OUTPUT, TOKENS_INPUT } from "./onnx-recommender.ts";
import { quantizedWeights } from "./quantized-weights.ts";
import type { TrainableNetwork } from "./sequence-network.ts";

export interface NetworkOnnxOptions {
  /** "int8" keeps large tables in 8 bits: a quarter of the size, scores a little off. Default: "float32". */
  readonly weights?: "float32" | "int8";
}

/**
 * The bytes of `model.onnx`, in the standard's operators only.
 * @param flat - the trained parameters: `[P]`.
 */
export function networkOnnx(
  { parameters, scores, itemVectors }: TrainableNetwork,
  flat: Float32Array,
  options: NetworkOnnxOptions = {},
): Uint8Array {
  const graph = new Graph();
  const tokens = graph.input(TOKENS_INPUT, "int32", ["B", "L"]);
  const toWeights = options.weights === "int8" ? quantizedWeights : constantWeights;
  const context = { weights: toWeights(graph, flat, parameters), dropout: <T>(x: T): T => x };
  return toOnnx(graph, {
    [SCORES_OUTPUT]: scores({ [TOKENS_INPUT]: tokens }, context),
    [ITEM_VECTORS_OUTPUT]: itemVectors(context),
  });
}
