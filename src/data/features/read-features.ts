/**
 * Features of users and items from `features.json` and the tables it names, as `docs/features.md`
 * specifies them, or from what a published data set says of its users and films.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { InputError } from "../../common/errors.ts";
import { parseVersionedJson } from "../../common/versioned-json.ts";
import type { Film } from "../interactions.ts";
import { readLines, splitFields } from "../lines.ts";
import { findEntry, type LocalFile, openSourceFiles, readText } from "../source-files.ts";
import { withTempFolder } from "../temp-folder.ts";
import {
  type FeatureSet,
  type FeatureSpec,
  type FeatureTable,
  type FeatureValue,
  type FeatureValues,
  filmFeatures,
} from "./feature-set.ts";

export const FEATURES_FORMAT_VERSION = 1;

const featureSchema = z.strictObject({
  /** The column, and the name of the feature. */
  name: z.string().min(1),
  kind: z.enum(["categorical", "multi-label", "numeric"]),
  /** Between the labels of a multi-label field. */
  separator: z.string().min(1).default("|"),
});

const tableSchema = z.strictObject({
  /** A CSV file with a header line, beside this one. */
  file: z.string().min(1),
  /** The column of ids. */
  idColumn: z.string().min(1),
  features: z.array(featureSchema).min(1),
});

const descriptionSchema = z.strictObject({
  formatVersion: z.literal(FEATURES_FORMAT_VERSION),
  users: tableSchema.nullable().default(null),
  items: tableSchema.nullable().default(null),
});

type Table = z.infer<typeof tableSchema>;

/**
 * @param path - of a `features.json`.
 * @throws InputError that names the file, the line, the value seen and what was expected.
 */
export async function readFeatures(path: string): Promise<FeatureSet> {
  const { users, items } = await readDescription(path);
  const read = (table: Table | null): Promise<FeatureTable | null> =>
    table === null ? Promise.resolve(null) : readTable(join(dirname(path), table.file), table);
  return { users: await read(users), items: await read(items) };
}

async function readDescription(path: string): Promise<z.infer<typeof descriptionSchema>> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(`${path}: cannot be read (${(error as Error).message})`, { cause: error });
  });
  const value = parseVersionedJson(text, path, FEATURES_FORMAT_VERSION);
  const parsed = descriptionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError(`${path}: ${z.prettifyError(parsed.error)}`);
}

async function readTable(path: string, { idColumn, features }: Table): Promise<FeatureTable> {
  const rows = new Map<string, FeatureValues>();
  let columns: { id: number; features: readonly number[] } | null = null;
  for await (const { first, lines } of readLinesOf(path)) {
    for (const [i, raw] of lines.entries()) {
      const where = `${path}: line ${first + i}`;
      const line = first + i === 1 ? raw.replace(/^\uFEFF/, "") : raw;
      if (line === "") continue;
      const fields = splitFields(line, ",", true);
      if (fields === null) throw new InputError(`${where}: a quote is left open; close it`);
      if (columns === null) {
        columns = findColumns(fields, idColumn, features, where);
        continue;
      }
      const id = fields[columns.id];
      if (id === undefined || id === "") {
        throw new InputError(`${where}: expected an id in column "${idColumn}", got none`);
      }
      if (rows.has(id)) throw new InputError(`${where}: id "${id}" occurs twice; keep one`);
      const values = columns.features.map((column, f) =>
        parseValue(fields[column] ?? "", features[f], where),
      );
      rows.set(id, Object.fromEntries(features.map(({ name }, f) => [name, values[f]])));
    }
  }
  if (rows.size === 0) throw new InputError(`${path}: expected a header and rows, found none`);
  return { specs: features.map(({ name, kind }): FeatureSpec => ({ name, kind })), rows };
}

async function* readLinesOf(path: string): ReturnType<typeof readLines> {
  try {
    yield* readLines(path);
  } catch (error) {
    throw new InputError(`${path}: cannot be read (${(error as Error).message})`, { cause: error });
  }
}

function findColumns(
  header: readonly string[],
  idColumn: string,
  features: Table["features"],
  where: string,
): { id: number; features: readonly number[] } {
  const find = (name: string): number => {
    const column = header.indexOf(name);
    if (column >= 0) return column;
    throw new InputError(`${where}: no column is called "${name}"; there are ${header.join(", ")}`);
  };
  return { id: find(idColumn), features: features.map(({ name }) => find(name)) };
}

/** Nothing between two commas is not known. */
function parseValue(
  text: string,
  { name, kind, separator }: Table["features"][number],
  where: string,
): FeatureValue {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (kind === "categorical") return trimmed;
  if (kind === "multi-label") {
    const labels = trimmed.split(separator).map((label) => label.trim());
    return labels.filter((label) => label !== "");
  }
  const value = Number(trimmed);
  if (Number.isFinite(value)) return value;
  throw new InputError(`${where}: feature "${name}": expected a number, got "${text}"`);
}

/**
 * What a published data set says of its users, and its list of films of them.
 * @param path - as for `loadDataset`.
 */
export async function readKnownFeatures(
  path: string,
  films: ReadonlyMap<string, Film>,
): Promise<FeatureSet> {
  return { users: await readKnownUsers(path), items: filmFeatures(films) };
}

/** `users.dat` of MovieLens 1M, `u.user` of MovieLens 100K; null where there is neither. */
async function readKnownUsers(path: string): Promise<FeatureTable | null> {
  return withTempFolder(async (temp) => {
    const files = await openSourceFiles(path, temp);
    try {
      const [dat, user] = ["users.dat", "u.user"].map((name) => findEntry(files, name));
      // UserID::Gender::Age::Occupation::Zip-code, and user id|age|gender|occupation|zip code
      if (dat)
        return await parseUsers(await files.open(dat), "::", ["gender", "age", "occupation"]);
      if (user)
        return await parseUsers(await files.open(user), "|", ["age", "gender", "occupation"]);
      return null;
    } finally {
      files.close();
    }
  });
}

/** Ages are numbers in one of the two and names of ranges in the other: both are read as numbers. */
async function parseUsers(
  file: LocalFile,
  delimiter: string,
  names: readonly string[],
): Promise<FeatureTable> {
  const specs = names.map(
    (name): FeatureSpec => ({
      name,
      kind: name === "age" ? "numeric" : "categorical",
    }),
  );
  const rows = new Map<string, FeatureValues>();
  for (const [i, line] of (await readText(file)).split(/\r?\n/).entries()) {
    if (line === "") continue;
    const fields = line.split(delimiter);
    const values = Object.fromEntries(
      specs.map(({ name, kind }, f) => [
        name,
        kind === "numeric" ? Number(fields[f + 1]) : fields[f + 1],
      ]),
    );
    if (fields.length === 5 && Number.isFinite(values.age)) rows.set(fields[0], values);
    else {
      throw new InputError(
        `${file.shownAs}: line ${i + 1}: expected an id, ${names.join(", ")} and a zip code between ` +
          `"${delimiter}", got ${JSON.stringify(line.slice(0, 80))}; fetch the file again`,
      );
    }
  }
  return { specs, rows };
}
