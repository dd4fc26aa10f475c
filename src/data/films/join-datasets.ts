/**
 * Several datasets as one: their users side by side, over one catalog of films.
 */
import { InputError } from "../../common/errors.ts";
import type { Dataset } from "../dataset.ts";
import type { Film, Interactions } from "../interactions.ts";
import { findKnownSet } from "../known-sets.ts";
import { gapsOf, joinOver } from "../time-gaps.ts";
import { type JoinCounts, joinCatalogs } from "./join-catalogs.ts";

/** What joining needs of a dataset. */
export type JoinableDataset = Pick<Dataset, "name" | "interactions" | "films">;

export interface JoinedDatasets {
  /** Users are called "dataset/userId"; items are those that somebody rated. */
  readonly interactions: Interactions;
  /** By itemId, every film of the datasets, rated or not. */
  readonly films: ReadonlyMap<string, Film>;
  /** How each dataset's films joined, by its name. */
  readonly counts: ReadonlyMap<string, JoinCounts>;
  /** Rows left out because no film is known, or may be named, for the item. */
  readonly rowsWithoutFilm: number;
  /** Rows left out because a later one of the same user is about the same film, listed twice. */
  readonly rowsRepeated: number;
}

/** The rows of one dataset that stay, with items of the joined catalog. */
interface KeptRows {
  readonly rows: readonly number[];
  readonly items: readonly number[];
  readonly withoutFilm: number;
  readonly repeated: number;
}

export interface JoinOptions {
  /**
   * Keep only films, and names of films, that a list gives whose licence lets it be passed on:
   * those of `known-sets.ts`, and your own. Default: false.
   */
  readonly onlyShareableTitles?: boolean;
}

/**
 * Joins the catalogs and puts the users one after the other. Ratings and times are kept where
 * every dataset has them.
 * @throws InputError when two datasets have the same name, or none has films to keep.
 */
export function joinDatasets(
  datasets: readonly JoinableDataset[],
  { onlyShareableTitles = false }: JoinOptions = {},
): JoinedDatasets {
  checkNames(datasets);
  const lists = datasets.map(({ name, films }) => ({
    name,
    films: namedFilms(films),
    isMatchedOnly: onlyShareableTitles && !mayPassOnTitles(name),
  }));
  const { films, toJoined, counts } = joinCatalogs(lists);
  if (films.length === 0) {
    throw new InputError(
      `join: expected films with titles, got none in ${datasets.map(({ name }) => name).join(", ")}`,
    );
  }
  const itemIndices = new Map(films.map((film, index) => [film.itemId, index]));
  const kept = datasets.map(({ name, interactions }) => {
    const toItem = toJoined.get(name);
    const joined = interactions.itemIds.map((id) => itemIndices.get(toItem?.get(id) ?? "") ?? -1);
    return keepRows(interactions, joined);
  });
  const itemIds = films.map((film) => film.itemId);
  return {
    interactions: onlyRated(concatenate(datasets, kept, itemIds)),
    films: new Map(films.map((film) => [film.itemId, film])),
    counts,
    rowsWithoutFilm: sum(kept.map((part) => part.withoutFilm)),
    rowsRepeated: sum(kept.map((part) => part.repeated)),
  };
}

function mayPassOnTitles(name: string): boolean {
  const known = findKnownSet(name);
  return known === null || known.mayPassOnTitles === true;
}

function checkNames(datasets: readonly JoinableDataset[]): void {
  const names = datasets.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new InputError(`join: expected datasets of different names, got "${twice}" twice`);
}

/** Without the entry of ml-100k that is called "unknown" and has no year. */
function namedFilms(films: ReadonlyMap<string, Film>): ReadonlyMap<string, Film> {
  const isNamed = ({ title, year }: Film): boolean =>
    title !== "" && (year !== null || title !== "unknown");
  return new Map([...films].filter(([, film]) => isNamed(film)));
}

/**
 * @param joined - the item of the joined catalog for each item of the dataset, -1 for none: `[N]`.
 */
function keepRows({ offsets, items }: Interactions, joined: readonly number[]): KeptRows {
  const rows: number[] = [];
  let withoutFilm = 0;
  let repeated = 0;
  for (let u = 0; u + 1 < offsets.length; u++) {
    // From the newest row back: the latest word about a film counts.
    const itemOf = new Map<number, number>();
    const userRows: number[] = [];
    for (let row = offsets[u + 1] - 1; row >= offsets[u]; row--) {
      const film = joined[items[row]];
      const known = itemOf.get(film);
      if (film < 0) withoutFilm++;
      else if (known !== undefined && known !== items[row]) repeated++;
      else {
        itemOf.set(film, items[row]);
        userRows.push(row);
      }
    }
    for (const row of userRows.reverse()) rows.push(row);
  }
  return { rows, items: rows.map((row) => joined[items[row]]), withoutFilm, repeated };
}

function concatenate(
  datasets: readonly JoinableDataset[],
  kept: readonly KeptRows[],
  itemIds: readonly string[],
): Interactions {
  const parts = datasets.map(({ interactions }) => interactions);
  const numRows = sum(kept.map(({ rows }) => rows.length));
  const items = new Uint32Array(numRows);
  const ratings = parts.every((part) => part.ratings) ? new Float32Array(numRows) : null;
  const timestamps = parts.every((part) => part.timestamps) ? new Float64Array(numRows) : null;
  const gaps = parts.some((part) => part.gaps) ? new Float64Array(numRows) : undefined;
  const userIds: string[] = [];
  const offsets: number[] = [0];
  let at = 0;
  datasets.forEach(({ name, interactions }, d) => {
    const { rows, items: joinedItems } = kept[d];
    const isKept = new Set(gaps ? rows : []);
    const known = gaps && gapsOf(interactions);
    let next = 0;
    interactions.userIds.forEach((userId, u) => {
      const start = at;
      for (; next < rows.length && rows[next] < interactions.offsets[u + 1]; next++, at++) {
        items[at] = joinedItems[next];
        if (ratings) ratings[at] = interactions.ratings?.[rows[next]] ?? 0;
        if (timestamps) timestamps[at] = interactions.timestamps?.[rows[next]] ?? 0;
      }
      if (at === start) return;
      if (gaps) {
        const first = interactions.offsets[u];
        const own = known?.subarray(first, interactions.offsets[u + 1]);
        if (own) gaps.set(joinOver(own, (i) => isKept.has(first + i)).gaps, start);
        else gaps.fill(Number.NaN, start, at);
      }
      userIds.push(`${name}/${userId}`);
      offsets.push(at);
    });
  });
  return { userIds, itemIds, offsets: Uint32Array.from(offsets), items, ratings, timestamps, gaps };
}

/** The same rows over the items that occur in them, in the same order. */
function onlyRated(interactions: Interactions): Interactions {
  const isRated = new Uint8Array(interactions.itemIds.length);
  for (const item of interactions.items) isRated[item] = 1;
  const newIndex = new Uint32Array(isRated.length);
  let count = 0;
  for (let item = 0; item < isRated.length; item++) {
    newIndex[item] = count;
    count += isRated[item];
  }
  return {
    ...interactions,
    itemIds: interactions.itemIds.filter((_, item) => isRated[item] === 1),
    items: interactions.items.map((item) => newIndex[item]),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
