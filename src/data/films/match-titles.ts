/**
 * Which film of a growing catalog a film of another list is, judged by title and year. The rules
 * go from sure to less sure: the very same title, the same name under any of its spellings, the
 * same name a year apart (releases disagree about some), and a name that is one part of the
 * other's title, if one film only of that year has it: "Star Wars" and "Star Wars: Episode IV - A
 * New Hope".
 */
import type { Film } from "../interactions.ts";
import { titleKeyWithoutArticle } from "./normalize-title.ts";

/** A film of the catalog, with every name and year that some list gives it. */
export interface Entry {
  film: Film;
  readonly keys: Set<string>;
  readonly years: Set<number | null>;
}

/** The catalog by names, and by the parts of names that have several. */
export interface EntriesByName {
  readonly byKey: Map<string, Entry[]>;
  readonly byPart: Map<string, Entry[]>;
}

type TitleRule = (film: Film, entries: EntriesByName) => readonly Entry[];

const TITLE_RULES: readonly TitleRule[] = [
  (film, entries) => {
    const sameYear = namesakes(film, entries).filter((entry) => isNear(film, entry, 0));
    return sameYear.filter((entry) => entry.film.title === film.title);
  },
  (film, entries) => namesakes(film, entries).filter((entry) => isNear(film, entry, 0)),
  (film, entries) => namesakes(film, entries).filter((entry) => isNear(film, entry, 1)),
  (film, entries) => {
    const sameYear = partSharers(film, entries).filter((entry) => isNear(film, entry, 0));
    return new Set(sameYear).size === 1 ? sameYear : [];
  },
];

/**
 * Adds the matches by title and year to `matches`, from the list's ids to entries. An entry that
 * one film of the list has joined is closed to its other films, unless these have the very same
 * title and year: ml-100k lists some films twice.
 */
export function matchByTitle(
  films: ReadonlyMap<string, Film>,
  entries: EntriesByName,
  matches: Map<string, Entry>,
): void {
  const taken = new Map<Entry, string>();
  for (const entry of matches.values()) taken.set(entry, "by id");
  for (const rule of TITLE_RULES) {
    for (const [id, film] of films) {
      if (matches.has(id)) continue;
      const name = `${film.title} (${film.year})`;
      const entry = rule(film, entries).find((found) => (taken.get(found) ?? name) === name);
      if (!entry) continue;
      matches.set(id, entry);
      taken.set(entry, name);
    }
  }
}

/** Whether the film has a name of the entry, at most a year apart. */
export function isProbably(film: Film, entry: Entry): boolean {
  return isNear(film, entry, 1) && keysOf(film).some((key) => entry.keys.has(key));
}

/** Puts a film into the catalog. */
export function addEntry(film: Film, entries: EntriesByName): Entry {
  const entry: Entry = { film, keys: new Set(), years: new Set([film.year]) };
  addNames(entry, film, entries);
  return entry;
}

/** Keeps the names and the year that an older list gives the film; the title stays. */
export function learnNames(entry: Entry, older: Film, entries: EntriesByName): void {
  const names = [older.title, ...(older.alternatives ?? [])];
  const news = names.filter((name) => !entry.keys.has(titleKeyWithoutArticle(name, true)));
  const alternatives = [...(entry.film.alternatives ?? []), ...news];
  entry.film = { ...entry.film, alternatives, year: entry.film.year ?? older.year };
  entry.years.add(older.year);
  addNames(entry, older, entries);
}

function addNames(entry: Entry, film: Film, { byKey, byPart }: EntriesByName): void {
  for (const key of keysOf(film)) {
    if (entry.keys.has(key)) continue;
    entry.keys.add(key);
    addTo(byKey, key, entry);
  }
  for (const key of partsOf(film.title)) addTo(byPart, key, entry);
}

function addTo(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const group = map.get(key);
  if (group) group.push(entry);
  else map.set(key, [entry]);
}

/** The entries that share a name with the film. */
function namesakes(film: Film, { byKey }: EntriesByName): readonly Entry[] {
  return keysOf(film).flatMap((key) => byKey.get(key) ?? []);
}

/** The entries of whose title the film's is a part, or the other way round. */
function partSharers({ title }: Film, { byKey, byPart }: EntriesByName): readonly Entry[] {
  const wholes = byPart.get(titleKeyWithoutArticle(title)) ?? [];
  return [...wholes, ...partsOf(title).flatMap((part) => byKey.get(part) ?? [])];
}

/** A year that is not known is near nothing but another such. */
function isNear({ year }: Film, { years }: Entry, tolerance: number): boolean {
  if (year === null) return years.has(null);
  for (const other of years) {
    if (other !== null && Math.abs(other - year) <= tolerance) return true;
  }
  return false;
}

/** The keys of a film's title first, then of its other names. */
function keysOf({ title, alternatives = [] }: Film): readonly string[] {
  const others = alternatives.map((name) => titleKeyWithoutArticle(name, true));
  return [...new Set([titleKeyWithoutArticle(title), ...others])];
}

/** The keys of what a colon or a dash separates; none where nothing is separated. */
function partsOf(title: string): readonly string[] {
  const parts = title.split(/:\s|\s-\s/);
  return parts.length < 2 ? [] : parts.map((part) => titleKeyWithoutArticle(part));
}
