/**
 * From histories to lists of films: what the command line, the library and a web page share.
 */
import { InputError } from "../common/errors.ts";
import type { Film } from "../data/interactions.ts";
import { topK } from "../metrics/top-k.ts";
import type { LoadedModel } from "./loaded-model.ts";

export interface RecommendOptions {
  /** How many films at most. Default: 10. */
  readonly k?: number;
  /** Films of any of these genres are left out; upper and lower case do not matter. */
  readonly excludeGenres?: readonly string[];
  /** The first year that may be recommended. With a limit, films of unknown year are left out. */
  readonly fromYear?: number;
  /** The last year that may be recommended. */
  readonly toYear?: number;
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
  /** What the model ranks by; comparable within one list only. */
  readonly score: number;
}

/** What recommending needs of a model. */
export type RecommendingModel = Pick<LoadedModel, "catalog" | "recommender" | "itemIndexOf">;

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
  const { catalog, recommender } = model;
  const { k = 10 } = options;
  requirePositive(k);
  const unwanted = markUnwanted(catalog, options);
  const inputs = histories.map((ids) => ({ items: ids.map((id) => requireItem(model, id)) }));
  const scores = await recommender.score(inputs);
  return inputs.map(({ items }, b) => {
    const row = scores.subarray(b * recommender.numItems, (b + 1) * recommender.numItems);
    const excluded = unwanted.slice();
    for (const item of items) excluded[item] = 1;
    return Array.from(topK(row, k, excluded), (itemIndex, place) => {
      const { itemId, title, year, genres } = catalog[itemIndex];
      return { rank: place + 1, itemIndex, itemId, title, year, genres, score: row[itemIndex] };
    });
  });
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

/** 1 for each film that the options leave out: `[N]`. */
function markUnwanted(catalog: readonly Film[], options: RecommendOptions): Uint8Array {
  const { excludeGenres = [], fromYear, toYear } = options;
  requireYears(fromYear, toYear);
  const unwanted = new Uint8Array(catalog.length);
  if (excludeGenres.length > 0) {
    const excluded = toGenresOf(catalog, excludeGenres);
    markWhere(unwanted, catalog, ({ genres }) => genres.some((genre) => excluded.has(genre)));
  }
  if (fromYear !== undefined || toYear !== undefined) {
    const [first, last] = [fromYear ?? -Infinity, toYear ?? Infinity];
    markWhere(unwanted, catalog, ({ year }) => year === null || year < first || year > last);
  }
  return unwanted;
}

function markWhere(
  marks: Uint8Array,
  catalog: readonly Film[],
  isMarked: (film: Film) => boolean,
): void {
  for (let item = 0; item < catalog.length; item++) if (isMarked(catalog[item])) marks[item] = 1;
}

/** The genres as the catalog writes them. @throws InputError when it has no film of one of them. */
function toGenresOf(catalog: readonly Film[], asked: readonly string[]): ReadonlySet<string> {
  const known = new Set(catalog.flatMap(({ genres }) => genres));
  const wanted = new Set(asked.map((genre) => genre.toLowerCase()));
  const found = new Set([...known].filter((genre) => wanted.has(genre.toLowerCase())));
  const lower = new Set(Array.from(found, (genre) => genre.toLowerCase()));
  const wrong = asked.find((genre) => !lower.has(genre.toLowerCase()));
  if (wrong === undefined) return found;
  const list =
    known.size === 0 ? "this model knows no genres" : `choose of ${[...known].sort().join(", ")}`;
  throw new InputError(`recommend: no film has the genre "${wrong}"; ${list}`);
}

function requireYears(fromYear: number | undefined, toYear: number | undefined): void {
  const wrong = [fromYear, toYear].find((year) => year !== undefined && !Number.isInteger(year));
  if (wrong !== undefined)
    throw new InputError(`recommend: a year is a whole number, got ${wrong}`);
  if (fromYear === undefined || toYear === undefined || fromYear <= toYear) return;
  throw new InputError(
    `recommend: the years from ${fromYear} to ${toYear} are none; exchange the two`,
  );
}
