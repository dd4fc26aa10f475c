/**
 * Side information in a graph: projected to the width of the embeddings.
 *
 * Shapes: `B` batch, `L` length, `D` embedding, `F` features of films, `G` of users, `N` catalog.
 */
import { encodingWidth } from "../data/features/feature-encoding.ts";
import { countItemTokens } from "../data/tokens.ts";
import type { Tensor } from "../graph/graph.ts";
import { add } from "../graph/operators/elementwise.ts";
import { gather } from "../graph/operators/indexing.ts";
import { matmul } from "../graph/operators/linear-algebra.ts";
import { glorotUniform, truncatedNormal } from "../nn/initialization.ts";
import { embeddingParameters, type LayerContext, linear, linearParameters } from "../nn/layers.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { RATING_WIDTH, type SideInformation } from "./side-information.ts";

const RATINGS = "sides/ratings";
const ITEM_FEATURES = "sides/items";
const USER = "sides/user";

/** How far what is added to embeddings starts from zero. */
const DEVIATION = 0.02;

export function sideParameters(
  { ratings, users, items }: SideInformation,
  dim: number,
): ParameterSpec[] {
  const near0 = truncatedNormal(DEVIATION);
  return [
    ...(ratings ? embeddingParameters(RATINGS, RATING_WIDTH, dim, near0) : []),
    ...(items ? embeddingParameters(ITEM_FEATURES, encodingWidth(items), dim, near0) : []),
    ...(users ? linearParameters(USER, encodingWidth(users), dim, glorotUniform) : []),
  ];
}

/** What is read of histories: `tokens` `[B, L]`, `ratings` `[B, L, 2]`, `users` `[B, G]`. */
export type SideInputs = Readonly<Record<string, Tensor>>;

/**
 * Adds what is known of the films, and what the viewer gave them.
 * @param x - the films' embeddings: `[B, L, D]`.
 * @param itemFeatures - `[N, F]`, where the network reads any.
 */
export function addFilmSides(
  x: Tensor,
  { tokens, ratings }: SideInputs,
  context: LayerContext,
  sides: SideInformation,
  itemFeatures: Float32Array | undefined,
): Tensor {
  let sum = x;
  if (sides.items && itemFeatures) {
    const width = encodingWidth(sides.items);
    const numTokens = countItemTokens(itemFeatures.length / width);
    const values = new Float32Array(numTokens * width); // Of padding nothing is known.
    values.set(itemFeatures, values.length - itemFeatures.length);
    const table = x.graph.constant("float32", [numTokens, width], values);
    sum = add(sum, matmul(gather(table, tokens), context.weights(ITEM_FEATURES)));
  }
  return sides.ratings ? add(sum, matmul(ratings, context.weights(RATINGS))) : sum;
}

/** The vector of each viewer: `[B, D]`. */
export function userVectors({ users }: SideInputs, context: LayerContext): Tensor {
  return linear(users, USER, context);
}
