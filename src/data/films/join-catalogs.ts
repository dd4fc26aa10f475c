/**
 * One catalog out of the film lists of several datasets.
 *
 * The newest list gives titles, years and genres. An older list's film joins it by id where the
 * two lists number films alike, as all MovieLens releases after ml-100k do; then by title and
 * year, see `match-titles.ts`. What joins nothing is a film of its own.
 */
import type { Film } from "../interactions.ts";
import {
  addEntry,
  type EntriesByName,
  type Entry,
  isProbably,
  learnNames,
  matchByTitle,
} from "./match-titles.ts";

/** The films of one dataset, by its own ids. */
export interface FilmList {
  /** Unique among the lists joined. */
  readonly name: string;
  readonly films: ReadonlyMap<string, Film>;
  /**
   * Its films only join those of other lists: the catalog takes no film and no name from it.
   * Default: false.
   */
  readonly isMatchedOnly?: boolean;
}

/** How many films of a list joined another list's film, and how; the rest are new. */
export interface JoinCounts {
  readonly byId: number;
  readonly byTitle: number;
  readonly added: number;
}

export interface JoinedCatalog {
  /** Newest list first, each list in its own order. */
  readonly films: readonly Film[];
  /** For each list, by name: its own id to the id in `films`. */
  readonly toJoined: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** For each list, by name. */
  readonly counts: ReadonlyMap<string, JoinCounts>;
}

/** Lists that number films alike, with the entries of all their films. */
interface IdSpace {
  /** Goes before ids of all but the newest list's space, so that none is taken twice. */
  readonly prefix: string;
  readonly entries: Map<string, Entry>;
}

/** @param lists - their order decides only between lists of the same age. */
export function joinCatalogs(lists: readonly FilmList[]): JoinedCatalog {
  const entries = new Set<Entry>();
  const names: EntriesByName = { byKey: new Map(), byPart: new Map() };
  const spaces: IdSpace[] = [];
  const toJoined = new Map<string, ReadonlyMap<string, string>>();
  const counts = new Map<string, JoinCounts>();
  for (const list of newestFirst(lists)) {
    const space = spaceOf(list, spaces);
    const matches = new Map<string, Entry>();
    matchById(list.films, space, matches);
    const byId = matches.size;
    matchByTitle(list.films, names, matches);
    const byTitle = matches.size - byId;
    const joined = list.isMatchedOnly ? matches : settle(list.films, matches, space, names);
    for (const entry of joined.values()) entries.add(entry);
    toJoined.set(list.name, new Map([...joined].map(([id, { film }]) => [id, film.itemId])));
    counts.set(list.name, { byId, byTitle, added: joined.size - byId - byTitle });
  }
  return { films: [...entries].map((entry) => entry.film), toJoined, counts };
}

/** By the year of the newest film; lists that are only matched come last. */
function newestFirst(lists: readonly FilmList[]): readonly FilmList[] {
  const lastYear = ({ films }: FilmList): number => {
    let last = 0;
    for (const { year } of films.values()) last = Math.max(last, year ?? 0);
    return last;
  };
  const dated = lists.map((list) => ({ list, year: lastYear(list) }));
  const rank = ({ list, year }: (typeof dated)[number]): number =>
    list.isMatchedOnly ? Number.NEGATIVE_INFINITY : year;
  return dated.sort((a, b) => rank(b) - rank(a) || b.year - a.year).map(({ list }) => list);
}

/**
 * The space whose ids name the list's films, if most of the ids they share do; else a new one. The
 * data says this more surely than a dataset's name: ml-100k has ids of its own, 1,500 of which
 * name other films in ml-1m.
 */
function spaceOf(list: FilmList, spaces: IdSpace[]): IdSpace {
  for (const space of spaces) {
    const shared = [...list.films].flatMap(([id, film]) => {
      const entry = space.entries.get(id);
      return entry ? [isProbably(film, entry)] : [];
    });
    const numSame = shared.filter(Boolean).length;
    if (2 * numSame > shared.length) return space;
  }
  const prefix = spaces.length === 0 ? "" : `${list.name}/`;
  const space: IdSpace = { prefix, entries: new Map() };
  spaces.push(space);
  return space;
}

function matchById(
  films: ReadonlyMap<string, Film>,
  space: IdSpace,
  matches: Map<string, Entry>,
): void {
  for (const id of films.keys()) {
    const entry = space.entries.get(id);
    if (entry) matches.set(id, entry);
  }
}

/** Writes the matches and the new films into the catalog; the entry of every film of the list. */
function settle(
  films: ReadonlyMap<string, Film>,
  matches: ReadonlyMap<string, Entry>,
  space: IdSpace,
  names: EntriesByName,
): ReadonlyMap<string, Entry> {
  const joined = new Map<string, Entry>();
  for (const [id, film] of films) {
    const match = matches.get(id);
    if (match) learnNames(match, film, names);
    const entry = match ?? addEntry({ ...film, itemId: space.prefix + id }, names);
    joined.set(id, entry);
    if (!space.entries.has(id)) space.entries.set(id, entry);
  }
  return joined;
}
