/**
 * From histories to lists of films: what the command line, the library and a web page share.
 */
import { InputError } from "../common/errors.ts";
import { requireFeatureValues } from "../data/features/feature-encoding.ts";
import type { Film } from "../data/interactions.ts";
import { topK } from "../metrics/top-k.ts";
import { diversifiedTopK } from "./diversify.ts";
import { explain, type IndexedHistory, type Reason } from "./explain.ts";
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

/** Someone who has watched films, with what is known of him besides. */
export interface Viewer {
  /** Outside ids, oldest first; empty for someone nothing is known of. */
  readonly items: readonly string[];
  /** What he gave each of them, on the scale of the model's data; null where unknown. */
  readonly ratings?: readonly (number | null)[] | undefined;
  /** When he watched each of them, in seconds since 1970; null where unknown. */
  readonly times?: readonly (number | null)[] | undefined;
  /** When he asks, in seconds since 1970. */
  readonly time?: number | undefined;
  /** Features by name, e.g. `{age: 25, gender: "F"}`; what is absent or null is not known. */
  readonly user?: Readonly<Record<string, unknown>> | undefined;
}

/** What recommending needs of a model. */
export type RecommendingModel = Pick<
  LoadedModel,
  "catalog" | "recommender" | "itemIndexOf" | "itemVectors"
> & { readonly manifest: Pick<LoadedModel["manifest"], "input"> };

/**
 * The films that suit a history, best first; what was seen is not among them.
 * @param viewer - what he has watched: outside ids, oldest first, alone or with what is known
 *   besides. A model that does not read ratings or features leaves them aside.
 * @throws InputError when an id or a feature is unknown to the model, or an option means nothing.
 */
export async function recommend(
  model: RecommendingModel,
  viewer: Viewer | Viewer["items"],
  options: RecommendOptions = {},
): Promise<Recommendation[]> {
  const [list] = await recommendMany(model, [viewer], options);
  return list;
}

/** `recommend` for many viewers at once. @throws InputError as `recommend` does. */
export async function recommendMany(
  model: RecommendingModel,
  viewers: readonly (Viewer | Viewer["items"])[],
  options: RecommendOptions = {},
): Promise<Recommendation[][]> {
  const { catalog, recommender, itemIndexOf } = model;
  const { k = 10, tempering, diversity = 0, why = false } = options;
  requirePositive(k);
  const unwanted = markUnwanted(catalog, itemIndexOf, options);
  const vectors = await vectorsFor(model, diversity);
  const inputs = viewers.map((viewer) =>
    toHistory(model, "items" in viewer ? viewer : { items: viewer }),
  );
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

/** What the model reads of a viewer. */
function toHistory(
  model: RecommendingModel,
  { items, ratings, times, time, user }: Viewer,
): IndexedHistory {
  for (const [what, values] of Object.entries({ rating: ratings, time: times })) {
    if (!values || values.length === items.length) continue;
    throw new InputError(
      `recommend: expected a ${what}, or null, for each of ${items.length} films, got ${values.length}`,
    );
  }
  const { users } = model.manifest.input;
  return {
    items: items.map((id) => requireItem(model, id)),
    ratings: ratings?.map((rating) => rating ?? Number.NaN),
    ...(times && toGaps(times, time)),
    time,
    ...(users && user && { user: requireFeatureValues(users, user, "recommend: user") }),
  };
}

/** @throws InputError where films are not in the order of their times. */
function toGaps(
  times: readonly (number | null)[],
  time: number | undefined,
): Pick<IndexedHistory, "gaps" | "nextGap"> {
  const moments = [...times, time].map((value) => value ?? Number.NaN);
  const [, ...gaps] = moments.map((moment, i) => moment - moments[i - 1]);
  const wrong = gaps.findIndex((gap) => gap < 0);
  if (wrong >= 0) {
    const [earlier, later] = moments.slice(wrong, wrong + 2);
    throw new InputError(
      `recommend: expected films oldest first and the request after them, but ${later} comes after ${earlier}`,
    );
  }
  const nextGap = gaps.pop();
  return { gaps: [Number.NaN, ...gaps], nextGap };
}

/** One history after the other: each is scored as often as it has films. */
async function withReasons(
  recommender: Recommender,
  inputs: readonly IndexedHistory[],
  lists: readonly (readonly Recommendation[])[],
): Promise<Recommendation[][]> {
  const explained: Recommendation[][] = [];
  for (const [b, history] of inputs.entries()) {
    const recommended = lists[b].map(({ itemIndex }) => itemIndex);
    const reasons = await explain(recommender, history, recommended);
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
