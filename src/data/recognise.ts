/**
 * Which data set lies in a folder, and how its ratings are written, told from the names of its
 * files, from its README and from the first lines of the ratings.
 */
import { InputError } from "../common/errors.ts";
import type { DataFormat, LoadOptions } from "./dataset.ts";
import { ARCHIVES } from "./fetch/archives.ts";
import { findKnownSet, identifyFolderName, identifyReadme, type KnownSet } from "./known-sets.ts";
import { firstLines } from "./lines.ts";
import {
  findEntry,
  type LocalFile,
  plainName,
  readText,
  type SourceFiles,
} from "./source-files.ts";

/** A data set that can be read. */
export interface Recognised {
  /** The known set's name, else that of the folder or file. */
  readonly name: string;
  readonly format: DataFormat;
  readonly ratings: LocalFile;
  readonly set: KnownSet | null;
  /** How many rows the published file has; null where nobody says. */
  readonly publishedRows: number | null;
}

/**
 * @throws InputError when there is no file of ratings, or several and none is named.
 */
export async function recognise(files: SourceFiles, options: LoadOptions): Promise<Recognised> {
  const entry = findRatings(files, options);
  const ratings = await files.open(entry);
  const format = options.format ?? (await detectFormat(files, entry, ratings, options));
  const identity = await identify(files, entry, format);
  return { format, ratings, ...identity };
}

/** The files of ratings that published sets have, in the order in which they are looked for. */
const ratingsNames = ["u.data", "ratings.dat", "ratings.csv", "ratings.tsv", "ml-1m.txt"];

function findRatings(files: SourceFiles, options: LoadOptions): string {
  if (files.only !== null) return files.only;
  for (const name of ratingsNames) {
    const entry = findEntry(files, name);
    if (entry !== null) return entry;
  }
  const others = files.entries.filter((entry) => isOther(entry, options));
  if (others.length === 1) return others[0];
  if (others.length > 1) {
    throw new InputError(
      `${files.path}: holds ${others.length} files that may be the data set ` +
        `(${others.slice(0, 8).join(", ")}); name one of them instead of the folder`,
    );
  }
  throw new InputError(describeMissing(files));
}

/** Whether a folder without a known file of ratings may mean this one. */
function isOther(entry: string, options: LoadOptions): boolean {
  if (/^(readme|license|licence|citation)/i.test(entry)) return false;
  const name = plainName(entry);
  if (options.userColumn !== undefined) return /\.(csv|tsv|parquet|jsonl|ndjson|json)$/i.test(name);
  return /\.txt$/i.test(name);
}

const filmLists: Readonly<Record<string, string>> = {
  "movies.csv": "ratings.csv",
  "movies.dat": "ratings.dat",
  "u.item": "u.data",
};

function describeMissing(files: SourceFiles): string {
  for (const [list, ratings] of Object.entries(filmLists)) {
    const entry = findEntry(files, list);
    if (entry === null) continue;
    const set = identifyFolderName(files.name);
    const canFetch = ARCHIVES.some((archive) => archive.name === set);
    const fetch = canFetch ? `, e.g. with \`usher data fetch ${set}\`` : "";
    return (
      `${files.path}: has no ${ratings} (nor ${ratings}.gz), only a list of films, ${entry}; ` +
      `put the file of ratings beside it or fetch the whole set again${fetch}`
    );
  }
  const found = files.entries.slice(0, 8).join(", ");
  return (
    `${files.path}: expected a file of ratings (u.data, ratings.dat, ratings.csv, or a sequence ` +
    `file in .txt; plain or gzipped), found ${found === "" ? "an empty folder" : found}; ` +
    "for data of your own name the file and its columns"
  );
}

async function detectFormat(
  files: SourceFiles,
  entry: string,
  ratings: LocalFile,
  options: LoadOptions,
): Promise<DataFormat> {
  const name = plainName(entry).toLowerCase();
  if (options.userColumn !== undefined || options.itemColumn !== undefined) return ownFormat(name);
  if (name === "u.data") return "movielens-100k";
  const head = await firstLines(ratings.path, 50);
  if (name.endsWith(".dat")) return detectDat(files, head);
  if (name.endsWith(".csv")) return detectCsv(ratings, head);
  if (/^\d+( \d+)*\t[0-9A]+$/.test(head[0] ?? "")) return "letterboxd";
  if (name.endsWith(".txt")) return detectSequence(head);
  throw new InputError(
    `${ratings.shownAs}: not a file of a known set; name the columns that hold users and items ` +
      "(--user-column, --item-column), or the format",
  );
}

function ownFormat(name: string): DataFormat {
  if (/\.parquet$/.test(name)) return "parquet";
  return /\.(json|jsonl|ndjson)$/.test(name) ? "json" : "csv";
}

/** MovieTweetings writes `::` lines as MovieLens does, but IMDb ids, of seven digits and more. */
async function detectDat(files: SourceFiles, head: readonly string[]): Promise<DataFormat> {
  const { name } = await readIdentity(files);
  if (name !== null) return name === "movietweetings" ? name : "movielens-dat";
  const first = (head[0] ?? "").split("::")[1] ?? "";
  return /^\d{7,}$/.test(first) ? "movietweetings" : "movielens-dat";
}

function detectCsv(ratings: LocalFile, head: readonly string[]): DataFormat {
  const header = (head[0] ?? "").replace(/^\uFEFF/, "").replaceAll('"', "");
  if (head.length === 0 || /^userId,movieId,rating,timestamp$/i.test(header)) {
    return "movielens-csv";
  }
  throw new InputError(
    `${ratings.shownAs}: line 1: expected the header "userId,movieId,rating,timestamp" of ` +
      `MovieLens, got ${JSON.stringify(header.slice(0, 200))}; for data of your own name the ` +
      "columns that hold users and items (--user-column, --item-column)",
  );
}

/** One user a line where most lines have more than a user and an item. */
function detectSequence(head: readonly string[]): DataFormat {
  const lines = head.filter((line) => line.trim() !== "");
  const long = lines.filter((line) => line.trim().split(/\s+/).length > 2);
  return long.length > lines.length / 2 ? "sequence-lines" : "sequence";
}

async function identify(
  files: SourceFiles,
  entry: string,
  format: DataFormat,
): Promise<Pick<Recognised, "name" | "set" | "publishedRows">> {
  const plain = plainName(entry);
  const ownName = plain.replace(/\.[^.]*$/, "");
  if (plain === "ml-1m.txt") return known(findKnownSet("ml-1m-sasrec"), null, ownName);
  if (/^(csv|json|parquet|sequence|sequence-lines)$/.test(format))
    return known(null, null, ownName);
  if (format === "letterboxd") return known(findKnownSet("letterboxd"), null, ownName);
  const { name, rows } = await readIdentity(files);
  if (name !== null) return known(findKnownSet(name), rows, name);
  return known(format === "movietweetings" ? findKnownSet(format) : null, null, files.name);
}

function known(
  set: KnownSet | null,
  statedRows: number | null,
  otherName: string,
): Pick<Recognised, "name" | "set" | "publishedRows"> {
  return { name: set?.name ?? otherName, set, publishedRows: set?.rows ?? statedRows };
}

/** Who the README says this is, else whom the folder is named after. */
async function readIdentity(
  files: SourceFiles,
): Promise<{ name: string | null; rows: number | null }> {
  for (const entry of ["README", "README.txt", "README.html", "README.md"]) {
    if (!files.entries.includes(entry)) continue;
    const identity = identifyReadme(await readText(await files.open(entry)));
    if (identity.name !== null) return identity;
  }
  return { name: identifyFolderName(files.name), rows: null };
}
