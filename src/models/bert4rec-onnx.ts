/**
 * A trained BERT4Rec as the graph of a bundle.
 */
import { Graph } from "../graph/graph.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { constantWeights } from "../nn/parameters.ts";
import { type Bert4RecConfig, bert4recParameters, bert4recScores } from "./bert4rec.ts";
import type { OnnxModel } from "./onnx-recommender.ts";
import { SCORES_OUTPUT, TOKENS_INPUT } from "./onnx-recommender.ts";
import { quantizedWeights } from "./quantized-weights.ts";

export interface Bert4RecOnnxOptions {
  /** "int8" keeps large tables in 8 bits: a quarter of the size, scores a little off. Default: "float32". */
  readonly weights?: "float32" | "int8";
}

/** What a history must become before this graph reads it. */
export function bert4recInput({
  maxLength,
}: Pick<Bert4RecConfig, "maxLength">): OnnxModel["input"] {
  return { maxLength, appendsMask: true };
}

/**
 * The bytes of `model.onnx`, in the standard's operators only.
 * @param flat - the trained parameters: `[P]`.
 */
export function bert4recOnnx(
  config: Bert4RecConfig,
  flat: Float32Array,
  options: Bert4RecOnnxOptions = {},
): Uint8Array {
  const graph = new Graph();
  const tokens = graph.input(TOKENS_INPUT, "int32", ["B", "L"]);
  const toWeights = options.weights === "int8" ? quantizedWeights : constantWeights;
  const context = {
    weights: toWeights(graph, flat, bert4recParameters(config)),
    dropout: <T>(x: T): T => x,
  };
  return toOnnx(graph, { [SCORES_OUTPUT]: bert4recScores(tokens, context, config) });
}
