/**
 * Finds the film that a typed title means, or refuses with candidates. No guess is made silently:
 * what is forgiven is listed in `docs/titles.md`, all else is left to the person who typed.
 */
import { distance } from "fastest-levenshtein";
import { InputError } from "../../common/errors.ts";
import { parseFilmTitle } from "../film-title.ts";
import type { Film } from "../interactions.ts";
import { titleKey, titleKeyWithoutArticle, titleWords } from "./normalize-title.ts";

/** Films by key. */
type KeyMap = ReadonlyMap<string, readonly number[]>;

/** A catalog that can be asked for titles. Create it once, ask often. */
export interface TitleIndex {
  readonly films: readonly Film[];
  /**
   * In order of trust, so that a film really called so wins over one that is also called so:
   * titles with their article, without it, other names with it, without it.
   */
  readonly levels: readonly Level[];
}

/** One kind of name, and one way to compare it. */
interface Level {
  readonly toKey: (title: string) => string;
  /** Made when first asked: most titles are found in the first level. */
  readonly films: () => KeyMap;
}

/** What became of a look-up; films are indices into `TitleIndex.films`. */
export type TitleLookup =
  | { readonly kind: "found"; readonly index: number }
  /** Several films have this title, newest first. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly number[] }
  /** None has it; these are close, closest first. */
  | { readonly kind: "not-found"; readonly suggestions: readonly number[] };

/** A look-up that did not end with one film. */
export type FailedLookup = Exclude<TitleLookup, { kind: "found" }>;

/** One way to read what was typed. */
interface Reading {
  readonly title: string;
  readonly year: number | null;
}

const MAX_LISTED = 5;

/** @param films - with titles as people write them; the order gives the indices. */
export function createTitleIndex(films: readonly Film[]): TitleIndex {
  const titles = (film: Film): readonly string[] => [film.title];
  const otherNames = (film: Film): readonly string[] => film.alternatives ?? [];
  const foreignKey = (title: string): string => titleKeyWithoutArticle(title, true);
  const level = (namesOf: typeof titles, toKey: Level["toKey"]): Level => {
    let groups: KeyMap | undefined;
    const group = (): KeyMap => groupByKey(films, (film) => namesOf(film).map(toKey));
    return { toKey, films: () => (groups ??= group()) };
  };
  return {
    films,
    levels: [
      level(titles, titleKey),
      level(titles, (title) => titleKeyWithoutArticle(title)),
      level(otherNames, titleKey),
      level(otherNames, foreignKey),
    ],
  };
}

/**
 * Looks a title up: "The Matrix", "matrix", "Matrix, The (1999)" or "matrix 1999". A number at the
 * end is a year only where no film has it in its title, as "Blade Runner 2049" has.
 */
export function findFilm(index: TitleIndex, query: string): TitleLookup {
  const readings = readQuery(query);
  for (const reading of readings) {
    const matches = matchesOf(index, reading);
    if (matches.length === 1) return { kind: "found", index: matches[0] };
    if (matches.length > 1) return { kind: "ambiguous", candidates: newestFirst(index, matches) };
  }
  const otherYears = readings.flatMap(({ title, year }) =>
    year === null ? [] : newestFirst(index, matchesOf(index, { title, year: null })),
  );
  const close = readings.flatMap((reading) => closeTo(index, reading.title));
  return { kind: "not-found", suggestions: [...new Set([...otherYears, ...close])] };
}

/**
 * The film's index.
 * @throws InputError with candidates when the title means no film, or several.
 */
export function requireFilm(index: TitleIndex, query: string): number {
  const lookup = findFilm(index, query);
  if (lookup.kind === "found") return lookup.index;
  throw new InputError(describeFailedLookup(index, query, lookup));
}

/** "The Matrix (1999)", or the title alone where the year is not known. */
export function describeFilm({ title, year }: Pick<Film, "title" | "year">): string {
  return year === null ? title : `${title} (${year})`;
}

/** Why a look-up failed, at most five candidates, and what to type instead. */
export function describeFailedLookup(
  index: TitleIndex,
  query: string,
  failure: FailedLookup,
): string {
  if (failure.kind === "not-found") {
    const { suggestions } = failure;
    const asked = /\b\d{4}\)?\s*$/.test(query) ? "this title and year" : "this title";
    return suggestions.length === 0
      ? `"${query}": no film has ${asked}, and none is close to it; try the English title, or its first words`
      : `"${query}": no film has ${asked}; did you mean ${list(index, suggestions)}? Type one of them`;
  }
  const { candidates } = failure;
  const names = new Set(candidates.map((film) => describeFilm(index.films[film])));
  const remedy =
    names.size === candidates.length
      ? "type the title with its year"
      : "a year does not tell them apart, choose one with --id";
  return `"${query}": ${candidates.length} films have this title: ${list(index, candidates)}; ${remedy}`;
}

/** The first few of them; where a name stands for two films, with its id. */
function list({ films }: TitleIndex, indices: readonly number[]): string {
  const names = indices.map((film) => describeFilm(films[film]));
  const shown = indices.slice(0, MAX_LISTED).map((film, i) => {
    const isShared = names.indexOf(names[i]) !== names.lastIndexOf(names[i]);
    return isShared ? `"${names[i]}" [id ${films[film].itemId}]` : `"${names[i]}"`;
  });
  const more = indices.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function groupByKey(
  films: readonly Film[],
  keysOf: (film: Film) => readonly string[],
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  films.forEach((film, index) => {
    for (const key of new Set(keysOf(film))) {
      const group = groups.get(key);
      if (group) group.push(index);
      else groups.set(key, [index]);
    }
  });
  return groups;
}

/** The ways to read a query, the most literal first. */
function readQuery(query: string): readonly Reading[] {
  const { title, year, alternatives } = parseFilmTitle(query);
  const readings: Reading[] = [title, ...alternatives].map((name) => ({ title: name, year }));
  const bareYear = year === null ? /^(.+\S)[\s,]+((?:18|19|20)\d\d)$/.exec(title) : null;
  if (bareYear) {
    const name = parseFilmTitle(bareYear[1]).title;
    readings.push({ title: name, year: Number(bareYear[2]) });
  }
  return readings;
}

/** The films of the first level that has any. */
function matchesOf(index: TitleIndex, { title, year }: Reading): readonly number[] {
  for (const { toKey, films } of index.levels) {
    const group = films().get(toKey(title)) ?? [];
    const matches = group.filter((film) => year === null || index.films[film].year === year);
    if (matches.length > 0) return matches;
  }
  return [];
}

function newestFirst({ films }: TitleIndex, indices: readonly number[]): readonly number[] {
  return [...indices].sort((a, b) => (films[b].year ?? 0) - (films[a].year ?? 0) || a - b);
}

/** Films a typo away, then those whose title begins with what was typed, then has its words. */
function closeTo(index: TitleIndex, title: string): readonly number[] {
  const typed = nameForms(title);
  if (typed.words.length === 0) return [];
  const ranked: { film: number; rank: number; length: number }[] = [];
  index.films.forEach((film, i) => {
    const names = [film.title, ...(film.alternatives ?? [])];
    const rank = Math.min(...names.map((name) => rankOf(nameForms(name), typed)));
    if (rank < Number.POSITIVE_INFINITY) ranked.push({ film: i, rank, length: film.title.length });
  });
  ranked.sort((a, b) => a.rank - b.rank || a.length - b.length || a.film - b.film);
  return ranked.slice(0, 2 * MAX_LISTED).map(({ film }) => film);
}

/** What names are compared by. */
interface NameForms {
  /** With and without the article, either of which may hold the typo. */
  readonly keys: readonly [string, string];
  readonly words: readonly string[];
}

function nameForms(name: string): NameForms {
  return { keys: [titleKey(name), titleKeyWithoutArticle(name)], words: titleWords(name) };
}

/** Ranks after none and one typo: a longer title that begins so, more typos, the same words. */
const BEGINS_SO = 2;
const HAS_THE_WORDS = 9;

/** How far a name is from what was typed; infinite where it is nothing like it. */
function rankOf(name: NameForms, typed: NameForms): number {
  const limit = typosAllowed(typed.keys[1].length);
  const typos = Math.min(...name.keys.map((key, i) => typosBetween(key, typed.keys[i], limit)));
  if (typos <= 1) return typos;
  if (typed.keys[1].length > 2 && name.keys[1].startsWith(typed.keys[1])) return BEGINS_SO;
  if (typos <= limit) return BEGINS_SO + typos;
  const isContained = typed.words.every((word) => name.words.includes(word));
  return isContained ? HAS_THE_WORDS : Number.POSITIVE_INFINITY;
}

/** The edit distance, where the lengths leave hope that it is within the limit. */
function typosBetween(a: string, b: string, limit: number): number {
  return Math.abs(a.length - b.length) <= limit ? distance(a, b) : Number.POSITIVE_INFINITY;
}

/** Longer titles leave room for more typing errors. */
function typosAllowed(length: number): number {
  if (length <= 4) return 1;
  return length <= 8 ? 2 : 3;
}
