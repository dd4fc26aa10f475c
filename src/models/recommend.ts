/**
 * From histories to lists of films: what the command line, the library and a web page share.
 */
import { InputError } from "../common/errors.ts";
import type { Film } from "../data/interactions.ts";
import { topK } from "../metrics/top-k.ts";
import { diversifiedTopK } from "./diversify.ts";
import { explain, type Reason } from "./explain.ts";
import { type FilterOptions, markUnwanted } from "./film-filter.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { Recommender } from "./recommender.ts";
import { type RerankOptions, temperedScores, vectorsFor } from "./rerank.ts";

export interface RecommendOptions extends FilterOptions, RerankOptions {
  /** How many films at most. Default: 10. */
  readonly k?: number;
  /** Whether each recommendation says which films of the history moved it most. Default: false. */
  readonly why?: boolean | undefined;
}

/** A film and its place in the list. */
export interface Recommendation {
  /** From 1. */
  readonly rank: number;
  readonly itemIndex: number;
  readonly itemId: string;
  /** "" where only the id is known. */
  readonly title: string;
  readonly year: number | null;
  readonly genres: readonly string[];
  /** What the model ranks by, less `tempering`; comparable within one list only. */
  readonly score: number;
  /** With `why`: the films of the history that moved it most, the strongest first. */
  readonly because?: readonly Reason[];
}

/** What recommending needs of a model. */
export type RecommendingModel = Pick<
  LoadedModel,
  "catalog" | "recommender" | "itemIndexOf" | "itemVectors"
>;

/**
 * The films that suit a history, best first; what was seen is not among them.
 * @param history - outside ids, oldest first; empty for someone nothing is known of.
 * @throws InputError when an id is unknown to the model, or an option means nothing.
 */
export async function recommend(
  model: RecommendingModel,
  history: readonly string[],
  options: RecommendOptions = {},
): Promise<Recommendation[]> {
  const [list] = await recommendMany(model, [history], options);
  return list;
}

/** `recommend` for many histories at once. @throws InputError as `recommend` does. */
export async function recommendMany(
  model: RecommendingModel,
  histories: readonly (readonly string[])[],
  options: RecommendOptions = {},
): Promise<Recommendation[][]> {
  const { catalog, recommender, itemIndexOf } = model;
  const { k = 10, tempering, diversity = 0, why = false } = options;
  requirePositive(k);
  const unwanted = markUnwanted(catalog, itemIndexOf, options);
  const vectors = await vectorsFor(model, diversity);
  const inputs = histories.map((ids) => ({ items: ids.map((id) => requireItem(model, id)) }));
  const scores = await temperedScores(recommender, inputs, tempering);
  const lists = inputs.map(({ items }, b) => {
    const row = scores.subarray(b * recommender.numItems, (b + 1) * recommender.numItems);
    const excluded = unwanted.slice();
    for (const item of items) excluded[item] = 1;
    const best = vectors
      ? diversifiedTopK(row, k, excluded, vectors, diversity)
      : topK(row, k, excluded);
    return toRecommendations(catalog, best, row);
  });
  return why ? withReasons(recommender, inputs, lists) : lists;
}

/** A list of items, best first, as films. @param scores - by itemIndex: `[N]`. */
export function toRecommendations(
  catalog: readonly Film[],
  items: Uint32Array,
  scores: Float32Array,
): Recommendation[] {
  return Array.from(items, (itemIndex, place) => {
    const { itemId, title, year, genres } = catalog[itemIndex];
    return { rank: place + 1, itemIndex, itemId, title, year, genres, score: scores[itemIndex] };
  });
}

/** One history after the other: each is scored as often as it has films. */
async function withReasons(
  recommender: Recommender,
  inputs: readonly { readonly items: readonly number[] }[],
  lists: readonly (readonly Recommendation[])[],
): Promise<Recommendation[][]> {
  const explained: Recommendation[][] = [];
  for (const [b, { items }] of inputs.entries()) {
    const recommended = lists[b].map(({ itemIndex }) => itemIndex);
    const reasons = await explain(recommender, items, recommended);
    explained.push(lists[b].map((film, place) => ({ ...film, because: reasons[place] })));
  }
  return explained;
}

function requirePositive(k: number): void {
  if (Number.isInteger(k) && k >= 1) return;
  throw new InputError(`recommend: k must be a whole number of at least 1, got ${k}`);
}

function requireItem({ itemIndexOf, catalog }: RecommendingModel, itemId: string): number {
  const index = itemIndexOf(itemId);
  if (index !== undefined) return index;
  throw new InputError(
    `recommend: item id ${itemId} is not among the ${catalog.length} films of this model`,
  );
}
