/**
 * A trained network as the graph of a bundle.
 */
import { encodingWidth } from "../data/features/feature-encoding.ts";
import { Graph } from "../graph/graph.ts";
import { toOnnx } from "../graph/to-onnx.ts";
import { constantWeights } from "../nn/parameters.ts";
import {
  GAPS_INPUT,
  NEXT_GAPS_INPUT,
  RATINGS_INPUT,
  TOKENS_INPUT,
  USERS_INPUT,
} from "./history-inputs.ts";
import { ITEM_VECTORS_OUTPUT, SCORES_OUTPUT } from "./onnx-recommender.ts";
import { quantizedWeights } from "./quantized-weights.ts";
import type { TrainableNetwork } from "./sequence-network.ts";
import { NO_SIDES, RATING_WIDTH } from "./side-information.ts";

export interface NetworkOnnxOptions {
  /** "int8" keeps large tables in 8 bits: a quarter of the size, scores a little off. Default: "float32". */
  readonly weights?: "float32" | "int8";
}

/**
 * The bytes of `model.onnx`, in the standard's operators only.
 * @param flat - the trained parameters: `[P]`.
 */
export function networkOnnx(
  { parameters, sides = NO_SIDES, scores, itemVectors }: TrainableNetwork,
  flat: Float32Array,
  options: NetworkOnnxOptions = {},
): Uint8Array {
  const graph = new Graph();
  const { ratings, users, gaps, nextGaps } = sides;
  const histories = {
    [TOKENS_INPUT]: graph.input(TOKENS_INPUT, "int32", ["B", "L"]),
    ...(ratings && {
      [RATINGS_INPUT]: graph.input(RATINGS_INPUT, "float32", ["B", "L", RATING_WIDTH]),
    }),
    ...(users && {
      [USERS_INPUT]: graph.input(USERS_INPUT, "float32", ["B", encodingWidth(users)]),
    }),
    ...(gaps && { [GAPS_INPUT]: graph.input(GAPS_INPUT, "int32", ["B", "L"]) }),
    ...(nextGaps && { [NEXT_GAPS_INPUT]: graph.input(NEXT_GAPS_INPUT, "int32", ["B", "L"]) }),
  };
  const toWeights = options.weights === "int8" ? quantizedWeights : constantWeights;
  const context = { weights: toWeights(graph, flat, parameters), dropout: <T>(x: T): T => x };
  return toOnnx(graph, {
    [SCORES_OUTPUT]: scores(histories, context),
    [ITEM_VECTORS_OUTPUT]: itemVectors(context),
  });
}
