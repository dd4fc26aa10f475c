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
import { type Initializer, truncatedNormal } from "../nn/initialization.ts";
import {
  embedding,
  embeddingParameters,
  type LayerContext,
  linear,
  linearParameters,
} from "../nn/layers.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { NUM_GAP_BUCKETS, RATING_WIDTH, type SideInformation } from "./side-information.ts";

const RATINGS = "sides/ratings";
const ITEM_FEATURES = "sides/items";
const USER = "sides/user";
const GAPS = "sides/gaps";
const NEXT_GAPS = "sides/next-gaps";

/** How far what is added to embeddings starts from zero. */
const DEVIATION = 0.02;

const near0 = truncatedNormal(DEVIATION);

/**
 * @param startOfUsers - near zero for a vector that is added to the films': where it outweighs them,
 *   a network takes epochs to find them again.
 */
export function sideParameters(
  { ratings, users, items, gaps, nextGaps }: SideInformation,
  dim: number,
  startOfUsers: Initializer = near0,
): ParameterSpec[] {
  return [
    ...(ratings ? embeddingParameters(RATINGS, RATING_WIDTH, dim, near0) : []),
    ...(items ? embeddingParameters(ITEM_FEATURES, encodingWidth(items), dim, near0) : []),
    ...(users ? linearParameters(USER, encodingWidth(users), dim, startOfUsers) : []),
    ...(gaps ? embeddingParameters(GAPS, NUM_GAP_BUCKETS, dim, near0) : []),
    ...(nextGaps ? embeddingParameters(NEXT_GAPS, NUM_GAP_BUCKETS, dim, near0) : []),
  ];
}

/**
 * What is read of histories: `tokens` `[B, L]`, `ratings` `[B, L, 2]`, `users` `[B, G]`, `gaps` and
 * `next_gaps` `[B, L]`.
 */
export type SideInputs = Readonly<Record<string, Tensor>>;

/**
 * Adds what is known of the films, what the viewer gave them, and when they came.
 * @param x - the films' embeddings: `[B, L, D]`.
 * @param itemFeatures - `[N, F]`, where the network reads any.
 */
export function addFilmSides(
  x: Tensor,
  { tokens, ratings, gaps, next_gaps: nextGaps }: SideInputs,
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
  if (sides.ratings) sum = add(sum, matmul(ratings, context.weights(RATINGS)));
  if (sides.gaps) sum = add(sum, embedding(gaps, GAPS, context));
  if (sides.nextGaps) sum = add(sum, embedding(nextGaps, NEXT_GAPS, context));
  return sum;
}

/** The vector of each viewer: `[B, D]`. */
export function userVectors({ users }: SideInputs, context: LayerContext): Tensor {
  return linear(users, USER, context);
}
