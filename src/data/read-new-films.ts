/**
 * Films to be added to a model, from a CSV or JSON file of one's own; `docs/features.md` specifies it.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import { parseJson } from "../common/versioned-json.ts";
import { type FeatureEncoding, requireFeatureValues } from "./features/feature-encoding.ts";
import type { FeatureValue, FeatureValues } from "./features/feature-set.ts";
import { parseFilmTitle } from "./film-title.ts";
import { describeFilm } from "./films/title-index.ts";
import type { Film } from "./interactions.ts";
import { splitFields } from "./lines.ts";

/** A film and what is known of it, by the features of a model. */
export interface NewFilm {
  readonly film: Film;
  readonly values: FeatureValues;
}

export interface NewFilms {
  readonly films: readonly NewFilm[];
  /** What was left aside, for whoever gave the file. */
  readonly warnings: readonly string[];
}

/** One film as the file has it. */
interface RawFilm {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The file and its line or number, for messages. */
  readonly where: string;
}

const SEPARATOR = "|";
const ID_FIELDS = ["itemId", "movieId"];
const OWN_FIELDS = [...ID_FIELDS, "title", "year", "genres", "alternatives"];

const texts = z.array(z.string());
const filmSchema = z.looseObject({
  itemId: z.union([z.string().min(1), z.number().int()]).optional(),
  title: z.string().trim().min(1),
  year: z.number().int().nullable().optional(),
  genres: texts.nullable().optional(),
  alternatives: texts.nullable().optional(),
});

/**
 * @param path - of a CSV file with a header, of a JSON list of films, or of JSON lines.
 * @param encoding - of the model that the films are for: which features there are.
 * @throws InputError that names the file, the line or film, the value seen and what was expected.
 */
export async function readNewFilms(path: string, encoding: FeatureEncoding): Promise<NewFilms> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(`${path}: cannot be read (${(error as Error).message})`, { cause: error });
  });
  const content = text.replace(/^\uFEFF/, "").trim();
  const isJson = content.startsWith("{") || content.startsWith("[");
  const raw = isJson ? parseJsonFilms(content, path) : parseCsvFilms(content, encoding, path);
  if (raw.length === 0) throw new InputError(`${path}: expected films, found none`);
  const films = raw.map((one) => toNewFilm(one, encoding));
  requireDistinct(films, raw);
  return { films, warnings: [...unknownFields(raw, encoding), ...unknownLabels(films, encoding)] };
}

/** A list, `{"films": [...]}` as a bundle's catalog has it, or an object a line. */
function parseJsonFilms(text: string, path: string): RawFilm[] {
  const lines = text.split(/\r?\n/);
  const isLines = lines.length > 1 && lines[0].startsWith("{") && lines[0].trimEnd().endsWith("}");
  if (isLines) {
    return lines.flatMap((line, i) => {
      const where = `${path}: line ${i + 1}`;
      return line.trim() === "" ? [] : [toRaw(parseJson(line, where), where)];
    });
  }
  const value = parseJson(text, path) as { films?: unknown };
  const list = Array.isArray(value) ? value : (value.films ?? [value]);
  if (!Array.isArray(list)) throw new InputError(`${path}: expected a list of films`);
  return list.map((one, i) => toRaw(one, `${path}: film ${i + 1}`));
}

function toRaw(value: unknown, where: string): RawFilm {
  if (typeof value === "object" && value !== null) {
    return { fields: value as RawFilm["fields"], where };
  }
  throw new InputError(`${where}: expected an object, got ${JSON.stringify(value)}`);
}

function parseCsvFilms(text: string, encoding: FeatureEncoding, path: string): RawFilm[] {
  const [first, ...lines] = text.split(/\r?\n/);
  const header = splitFields(first, ",", true)?.map((name) => name.trim()) ?? [];
  if (!header.includes("title")) {
    throw new InputError(
      `${path}: line 1: expected a header with a column "title", got ${JSON.stringify(first.slice(0, 120))}`,
    );
  }
  return lines.flatMap((line, i) => {
    const where = `${path}: line ${i + 2}`;
    if (line === "") return [];
    const fields = splitFields(line, ",", true);
    if (fields === null) throw new InputError(`${where}: a quote is left open; close it`);
    const entries = header.map((name, column): [string, unknown] => [
      name,
      fromText(name, (fields[column] ?? "").trim(), encoding, where),
    ]);
    return [{ fields: Object.fromEntries(entries), where }];
  });
}

/** A field of a CSV file as JSON would have it; an empty one is not known. */
function fromText(
  name: string,
  text: string,
  encoding: FeatureEncoding,
  where: string,
): FeatureValue | undefined {
  const kind = encoding.find((feature) => feature.name === name)?.kind;
  if (text === "" || text === "(no genres listed)") return undefined;
  if (ID_FIELDS.includes(name) || name === "title") return text;
  if (name === "genres" || name === "alternatives" || kind === "multi-label") {
    return text.split(SEPARATOR).map((label) => label.trim());
  }
  if (name !== "year" && kind !== "numeric") return text;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new InputError(`${where}: column "${name}": expected a number, got "${text}"`);
}

/** A title may end in its year, as MovieLens writes it. A film without an id is known by its name. */
function toNewFilm({ fields, where }: RawFilm, encoding: FeatureEncoding): NewFilm {
  const parsed = filmSchema.safeParse({ ...fields, itemId: fields.itemId ?? fields.movieId });
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    const seen = JSON.stringify(fields[String(path[0])]) ?? "nothing";
    throw new InputError(`${where}: ${path.join(".")}: ${message}, got ${seen}`);
  }
  const { itemId, genres, alternatives, year } = parsed.data;
  const named = parseFilmTitle(parsed.data.title);
  const others = [...named.alternatives, ...(alternatives ?? [])];
  const film = {
    title: named.title,
    year: year ?? named.year,
    genres: genres ?? [],
    ...(others.length > 0 && { alternatives: others }),
  };
  const id = itemId === undefined ? describeFilm(film) : String(itemId);
  const known = { genres: film.genres.length > 0 ? film.genres : null, year: film.year };
  const values = encoding.map(({ name }): [string, unknown] => [
    name,
    name in known ? known[name as keyof typeof known] : (fields[name] ?? null),
  ]);
  return {
    film: { itemId: id, ...film },
    values: requireFeatureValues(encoding, Object.fromEntries(values), where),
  };
}

function requireDistinct(films: readonly NewFilm[], raw: readonly RawFilm[]): void {
  const seen = new Map<string, string>();
  for (const [i, { film }] of films.entries()) {
    const before = seen.get(film.itemId);
    if (before !== undefined) {
      throw new InputError(
        `${raw[i].where}: id "${film.itemId}" occurs before, at ${before}; give each film its own itemId`,
      );
    }
    seen.set(film.itemId, raw[i].where);
  }
}

function unknownFields(raw: readonly RawFilm[], encoding: FeatureEncoding): string[] {
  const known = new Set([...OWN_FIELDS, ...encoding.map(({ name }) => name)]);
  const others = new Set(raw.flatMap(({ fields }) => Object.keys(fields)));
  return [...others]
    .filter((name) => !known.has(name))
    .map((name) => `"${name}" is no feature of this model, so it says nothing of the films`);
}

function unknownLabels(films: readonly NewFilm[], encoding: FeatureEncoding): string[] {
  return encoding.flatMap((feature) => {
    if (feature.kind === "numeric") return [];
    const given = films.flatMap(({ values }) => (values[feature.name] ?? []) as string | string[]);
    const unknown = [...new Set(given.flat())].filter((label) => !feature.labels.includes(label));
    if (unknown.length === 0) return [];
    const list = unknown.slice(0, 5).join(", ") + (unknown.length > 5 ? " ..." : "");
    return [
      `${feature.name} that training did not see count as not known: ${list}; there are ` +
        `${feature.labels.slice(0, 30).join(", ")}`,
    ];
  });
}
