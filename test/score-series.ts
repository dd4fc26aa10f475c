/**
 * How well a recommender continues a series or a director's work: `series.json`, written before
 * the first model that ships was trained.
 */
import { readFileSync } from "node:fs";
import { requireFilm, type TitleIndex } from "../src/data/films/title-index.ts";
import { topK } from "../src/metrics/top-k.ts";
import type { Recommender } from "../src/models/recommender.ts";

/** Films seen, and films that must come next. Titles are written "Title (year)". */
export interface SeriesSet {
  readonly name: string;
  /** Oldest first, as if watched in this order. */
  readonly given: readonly string[];
  readonly expect: readonly { readonly within: number; readonly titles: readonly string[] }[];
}

/** What became of one set. */
export interface SeriesScore {
  /** The rank of each expected title, the first being 1; the films given are not ranked. */
  readonly ranks: ReadonlyMap<string, number>;
  /** How many of the `expected` are within their bounds; a title with two bounds counts twice. */
  readonly reached: number;
  readonly expected: number;
}

export const seriesSets: readonly SeriesSet[] = JSON.parse(
  readFileSync(new URL("series.json", import.meta.url), "utf8"),
);

/**
 * @param titles - of the films that the recommender ranks, in its order.
 * @throws InputError when a title of the set is not among them.
 */
export async function scoreSeries(
  set: SeriesSet,
  titles: TitleIndex,
  recommender: Recommender,
): Promise<SeriesScore> {
  const items = set.given.map((title) => requireFilm(titles, title));
  const scores = await recommender.score([{ items }]);
  const seen = new Uint8Array(scores.length);
  for (const item of items) seen[item] = 1;
  const ranking = topK(scores, scores.length, seen);
  const bounds = set.expect.flatMap(({ within, titles: wanted }) =>
    wanted.map((title) => ({ title, within })),
  );
  const ranks = new Map(
    bounds.map(({ title }) => [title, ranking.indexOf(requireFilm(titles, title)) + 1]),
  );
  const reached = bounds.filter(({ title, within }) => (ranks.get(title) ?? 0) <= within).length;
  return { ranks, reached, expected: bounds.length };
}

/** "6 of 6 (1, 2, 3, 4)": what was reached, and the rank of each title. */
export function describeScore({ ranks, reached, expected }: SeriesScore): string {
  return `${reached} of ${expected} (${[...ranks.values()].join(", ")})`;
}
