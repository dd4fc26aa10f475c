/**
 * Which films of a catalog may be recommended.
 */
import { InputError } from "../common/errors.ts";
import type { Film } from "../data/interactions.ts";

export interface FilterOptions {
  /** Only films of one of these genres; upper and lower case do not matter. Default: all. */
  readonly genres?: readonly string[] | undefined;
  /** Films of any of these genres are left out. */
  readonly excludeGenres?: readonly string[] | undefined;
  /** The first year that may be recommended. With a limit, films of unknown year are left out. */
  readonly fromYear?: number | undefined;
  /** The last year that may be recommended. */
  readonly toYear?: number | undefined;
  /** Only these films, by outside id; those that the model does not know do not matter. */
  readonly allow?: readonly string[] | undefined;
  /** None of these. */
  readonly deny?: readonly string[] | undefined;
}

/**
 * 1 for each film that the options leave out: `[N]`.
 * @param itemIndexOf - the index of an outside id, undefined where it is unknown.
 * @throws InputError when an option means nothing.
 */
export function markUnwanted(
  catalog: readonly Film[],
  itemIndexOf: (itemId: string) => number | undefined,
  options: FilterOptions,
): Uint8Array {
  const { genres, excludeGenres = [], fromYear, toYear, allow, deny = [] } = options;
  requireYears(fromYear, toYear);
  const unwanted = new Uint8Array(catalog.length).fill(allow === undefined ? 0 : 1);
  const mark = (itemIds: readonly string[], value: 0 | 1): void => {
    for (const itemId of itemIds) {
      const item = itemIndexOf(itemId);
      if (item !== undefined) unwanted[item] = value;
    }
  };
  if (allow !== undefined) mark(allow, 0);
  mark(deny, 1);
  if (genres !== undefined && genres.length > 0) {
    const wanted = toGenresOf(catalog, genres);
    markWhere(unwanted, catalog, (film) => !film.genres.some((genre) => wanted.has(genre)));
  }
  if (excludeGenres.length > 0) {
    const excluded = toGenresOf(catalog, excludeGenres);
    markWhere(unwanted, catalog, (film) => film.genres.some((genre) => excluded.has(genre)));
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
