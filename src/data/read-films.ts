/**
 * Lists of films as the data sets have them: movies.csv, movies.dat, u.item and the Letterboxd
 * list, plain, gzipped or in the original archive.
 */
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError } from "../common/errors.ts";
import { parseFilmTitle } from "./film-title.ts";
import type { Film } from "./interactions.ts";
import { splitFields } from "./lines.ts";
import {
  findEntry,
  type LocalFile,
  openSourceFiles,
  plainName,
  readText,
  type SourceFiles,
} from "./source-files.ts";
import { withTempFolder } from "./temp-folder.ts";

/** Films by itemId, in the order of the list. */
export type FilmList = Map<string, Film>;

const listNames = ["movies.csv", "movies.dat", "u.item"];

/**
 * @param path - a folder or archive with a list of films, or the list itself.
 * @throws InputError when there is none, or a line is not as it should be.
 */
export async function readFilms(path: string): Promise<FilmList> {
  return withTempFolder(async (temp) => {
    const files = await openSourceFiles(path, temp);
    try {
      const films = await readFilmsOf(files);
      if (films !== null) return films;
      throw new InputError(
        `${path}: expected a list of films (${listNames.join(", ")}; plain or gzipped), ` +
          `found ${files.entries.slice(0, 8).join(", ") || "an empty folder"}`,
      );
    } finally {
      files.close();
    }
  });
}

/** The films of a data set that is open already, or null where it has no list. */
export async function readFilmsOf(files: SourceFiles): Promise<FilmList | null> {
  const isList = files.only !== null && listNames.includes(plainName(files.only));
  const names = isList && files.only !== null ? [plainName(files.only)] : listNames;
  for (const name of names) {
    const entry = findEntry(files, name);
    if (entry !== null) return parseFilms(name, await files.open(entry));
  }
  return null;
}

/**
 * The films of a sequence file whose items were renumbered from MovieLens 1M: `new original` pairs
 * beside it, and the folder ml-1m beside its folder. Null where either is missing.
 */
export async function readRenumberedFilms(files: SourceFiles): Promise<FilmList | null> {
  const original = join(dirname(resolve(files.folder)), "ml-1m");
  const entry = findEntry(files, "sas_to_original_items.txt");
  const hasOriginal = ["movies.dat", "movies.dat.gz"].some((n) => existsSync(join(original, n)));
  if (entry === null || !hasOriginal) return null;
  const films = await readFilms(original);
  const pairs = (await readText(await files.open(entry))).trim().split(/\r?\n/);
  return new Map(
    pairs.flatMap((pair) => {
      const [itemId, originalId] = pair.split(" ");
      const film = films.get(originalId);
      return film === undefined ? [] : [[itemId, { ...film, itemId }] as const];
    }),
  );
}

async function parseFilms(name: string, file: LocalFile): Promise<FilmList> {
  const lines = (await readText(file)).split(/\r?\n/);
  if (name === "u.item") return collect(file, lines, 0, parseItemLine);
  if (name === "movies.dat") return collect(file, lines, 0, parseDatLine);
  const header = splitFields(lines[0], ",", true) ?? [];
  if (header[0] === "movieId") return collect(file, lines, 1, parseCsvLine);
  if (header[0] === "movie_index") return collect(file, lines, 1, parseLetterboxdLine);
  throw new InputError(
    `${file.shownAs}: line 1: expected a header that starts with "movieId,title,genres", ` +
      `got ${JSON.stringify(lines[0].slice(0, 120))}; fetch the file again`,
  );
}

/** Runs `parse` over the lines; a line it makes nothing of is an error. */
function collect(
  file: LocalFile,
  lines: readonly string[],
  firstLine: number,
  parse: (line: string) => Film | string,
): FilmList {
  const films: FilmList = new Map();
  for (let k = firstLine; k < lines.length; k++) {
    if (lines[k] === "") continue;
    const film = parse(lines[k]);
    if (typeof film === "string") {
      throw new InputError(
        `${file.shownAs}: line ${k + 1}: expected ${film}, got ` +
          `${JSON.stringify(lines[k].slice(0, 120))}; fetch the file again`,
      );
    }
    if (!films.has(film.itemId)) films.set(film.itemId, film);
  }
  if (films.size === 0) throw new InputError(`${file.shownAs}: has no films; fetch the file again`);
  return films;
}

function createFilm(itemId: string, rawTitle: string, genres: string[]): Film {
  const { title, year, alternatives } = parseFilmTitle(rawTitle);
  const film = { itemId, title, year, genres };
  return alternatives.length === 0 ? film : { ...film, alternatives };
}

/** "Adventure|Comedy"; "(no genres listed)" and nothing are no genres. */
function splitGenres(text: string): string[] {
  if (text === "" || text === "(no genres listed)") return [];
  // As releases from 2009 on call it.
  return text.split("|").map((genre) => (genre === "Children's" ? "Children" : genre));
}

function parseDatLine(line: string): Film | string {
  const [itemId, title, genres, ...rest] = line.split("::");
  if (genres === undefined || rest.length > 0) return 'MovieID, title and genres separated by "::"';
  return createFilm(itemId, title, splitGenres(genres));
}

function parseCsvLine(line: string): Film | string {
  const fields = splitFields(line, ",", true);
  if (fields === null || fields.length < 3) return "movieId, title and genres";
  return createFilm(fields[0], fields[1], splitGenres(fields[2]));
}

/** The genres of u.genre, in the order of u.item's last columns; the first is "unknown". */
const genresOf100k = [
  ["Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama"],
  ["Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller"],
  ["War", "Western"],
].flat();

function parseItemLine(line: string): Film | string {
  const fields = line.split("|");
  const flags = fields.slice(6);
  if (fields.length !== 24) return '24 fields separated by "|"';
  return createFilm(
    fields[0],
    fields[1],
    genresOf100k.filter((_, k) => flags[k] === "1"),
  );
}

function parseLetterboxdLine(line: string): Film | string {
  const fields = splitFields(line, ",", true);
  if (fields === null || fields.length < 5) return "movie_index, slug, title, year and genres";
  const year = fields[3] === "" ? null : Number(fields[3]);
  return { itemId: fields[0], title: fields[2], year, genres: splitGenres(fields[4]) };
}
