/**
 * The folder in which a trained model is kept, as `docs/bundle-format.md` specifies it: what its
 * files say, checked. Reads text and bytes only, so that Node and the browser share it.
 */
import { z } from "zod";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { parseJson, parseVersionedJson } from "../common/versioned-json.ts";
import { DATA_FORMATS, type PreparationRecord } from "../data/dataset.ts";
import { featureEncodingSchema } from "../data/features/feature-encoding.ts";
import type { Film } from "../data/interactions.ts";
import { ratingScaleSchema } from "./side-information.ts";

export const BUNDLE_FORMAT_VERSION = 1;

export const MANIFEST_FILE = "model.json";
export const GRAPH_FILE = "model.onnx";
export const CATALOG_FILE = "catalog.json";
export const LICENSE_FILE = "LICENSE";
export const LOG_FILE = "training.jsonl";

const count = z.number().int().nonnegative();
const share = z.number().min(0).max(1);
const jsonObject = z.record(z.string(), z.json());

/** Which rows of the data the model was trained on, in a form that makes the same split again. */
export const splitSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("none") }),
  z.object({ kind: z.literal("leave-one-out") }),
  z.object({ kind: z.literal("half-history") }),
  z.object({
    kind: z.literal("by-user"),
    validationShare: share,
    testShare: share,
    seed: count,
  }),
  z.object({ kind: z.literal("by-time"), validationCut: share, testCut: share }),
  z.object({
    kind: z.literal("next-films"),
    numInputs: z.number().int().positive(),
    numTargets: z.number().int().positive(),
    by: z.enum(["window", "user"]),
    testShare: share,
    validationShare: share,
    seed: count,
  }),
]);

export type SplitRecord = z.infer<typeof splitSchema>;

const preparationSchema: z.ZodType<PreparationRecord> = z.object({
  format: z.enum(DATA_FORMATS),
  order: z.enum(["time, then file order", "sequence_rank of ratings_order.csv", "file order"]),
  duplicates: z.enum(["identical dropped, latest of conflicting kept", "refused", "kept"]),
  minRating: z.number().nullable(),
  mostWatchedItems: z.number().int().positive().nullable().default(null),
  minUserInteractions: count,
  minItemInteractions: count,
  columns: z
    .object({
      user: z.string().nullable(),
      item: z.string().nullable(),
      rating: z.string().nullable(),
      time: z.string().nullable(),
    })
    .nullable(),
});

/** Films of these years took no part: first and last year, both included. */
export const heldOutYearsSchema = z
  .strictObject({ from: z.number().int(), to: z.number().int() })
  .refine(({ from, to }) => from <= to, { message: "expected `from` to be at most `to`" });

const dataSchema = z.object({
  /** Of the data sets, in the order in which they were joined. */
  names: z.array(z.string()).min(1),
  /** Changes with any of the prepared data. */
  fingerprint: z.string(),
  /** Of each data set by itself; none where an older version wrote the bundle. */
  fingerprints: z.array(z.string()).default([]),
  /** Whether films were left out that only lists name which may not be passed on. */
  onlyShareableTitles: z.boolean().default(false),
  /** The films that were left out, to be measured as newcomers; absent where none were. */
  heldOutYears: heldOutYearsSchema.optional(),
  /** One for each name. */
  preparations: z.array(preparationSchema).min(1),
  users: count,
  interactions: count,
});

const inputSchema = z.object({
  /** The most tokens a sequence may have, the mask included; null where any length will do. */
  maxLength: z.number().int().min(1).nullable(),
  /** Whether the mask token follows the newest item. */
  appendsMask: z.boolean(),
  /** How ratings become numbers, for a graph that reads them as `ratings`, float32 [B, L, 2]. */
  ratings: ratingScaleSchema.optional(),
  /** How features of users become numbers, for a graph that reads them as `users`, float32 [B, G]. */
  users: featureEncodingSchema.optional(),
  /** Whether it reads how long after the one before it each item came, as `gaps`, int32 [B, L]. */
  gaps: z.literal(true).optional(),
  /** Whether it reads how long after each item the next one came, as `next_gaps`, int32 [B, L]. */
  nextGaps: z.literal(true).optional(),
});

const fileSchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits"),
  sizeBytes: count,
});

const describedSchema = z.object({
  /** What people call the model; it is printed with every recommendation. */
  name: z.string().min(1),
  /** The architecture, e.g. "bert4rec", "sasrec", "ease". Readers need not know it. */
  kind: z.string().min(1),
  /** How many items it ranks: `N`. */
  numItems: z.number().int().positive(),
  input: inputSchema,
  /** How many of them, the last ones, came after training, by their content alone. Absent: none. */
  numNewcomers: count.optional(),
  /** The architecture's settings, free of form. */
  config: jsonObject,
  data: dataSchema,
  split: splitSchema,
  /** What a run of the same recipe reached on held-out rows, with its protocol; free of form. */
  heldOut: jsonObject.nullable(),
  /** How the weights came to be: recipe, seed, epochs, versions; free of form. */
  training: jsonObject.nullable(),
});

const manifestSchema = z.object({
  formatVersion: z.literal(BUNDLE_FORMAT_VERSION),
  ...describedSchema.shape,
  files: z
    .record(z.string().regex(/^[\w-][\w.-]*$/, "expected a plain file name"), fileSchema)
    .refine((files) => GRAPH_FILE in files && CATALOG_FILE in files, {
      message: `expected ${GRAPH_FILE} and ${CATALOG_FILE} among the files`,
    }),
});

/** `model.json`: what a model is, and the hashes of its files. */
export type ModelManifest = z.infer<typeof manifestSchema>;

/** `model.json` before the files are there: what whoever trains a model says of it. */
export type ModelDescription = z.infer<typeof describedSchema>;

/**
 * @param text - of `model.json`.
 * @param where - the file's path or address, for messages.
 * @throws InputError when it is damaged, or of a format newer than this Usher reads.
 */
export function parseManifest(text: string, where: string): ModelManifest {
  const value = parseVersionedJson(text, where, BUNDLE_FORMAT_VERSION, remedy);
  return parseAs(manifestSchema, value, where);
}

/**
 * @param text - of `catalog.json`.
 * @returns the films by itemIndex: `[N]`. A title is "" where only the id is known.
 * @throws InputError when it is damaged, or lists another number of films than the model ranks.
 */
export function parseCatalog(text: string, numItems: number, where: string): readonly Film[] {
  const { films } = Object(parseJson(text, where, remedy)) as { films?: unknown };
  if (!Array.isArray(films) || films.length !== numItems) {
    const got = Array.isArray(films) ? films.length : "none";
    throw new InputError(
      `${where}: expected the ${numItems} films that the model ranks, got ${got}; ${remedy}`,
    );
  }
  const wrong = films.findIndex((film) => !isFilm(film));
  if (wrong < 0) return films;
  const seen = JSON.stringify(films[wrong]).slice(0, 80);
  throw new InputError(`${where}: expected a film as number ${wrong + 1}, got ${seen}; ${remedy}`);
}

/** By hand: zod takes long for thousands of films, and everyone waits for it. */
function isFilm(value: unknown): value is Film {
  const { itemId, title, year, genres, alternatives = [] } = Object(value) as Partial<Film>;
  const areTexts = (list: unknown): boolean =>
    Array.isArray(list) && list.every((text) => typeof text === "string");
  const isYear = year === null || Number.isInteger(year);
  return (
    typeof itemId === "string" &&
    typeof title === "string" &&
    isYear &&
    areTexts(genres) &&
    areTexts(alternatives)
  );
}

/** The content of `catalog.json`. One film a line, to be read and compared by people. */
export function formatCatalog(films: readonly Film[]): string {
  const lines = films.map(({ itemId, title, year, genres, alternatives }) =>
    JSON.stringify({ itemId, title, year, genres, alternatives }),
  );
  return `{"films":[\n${lines.join(",\n")}\n]}\n`;
}

/** The content of `model.json`. @throws InputError when the description is not as it should be. */
export function formatManifest(
  description: ModelDescription,
  files: ModelManifest["files"],
): string {
  const manifest = parseAs(
    manifestSchema,
    { formatVersion: BUNDLE_FORMAT_VERSION, ...description, files },
    "the model to be saved",
    "correct its description",
  );
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/**
 * Compares a file with what `model.json` says of it.
 * @throws InputError when size or hash differ.
 */
export async function verifyFile(
  bytes: Uint8Array,
  expected: ModelManifest["files"][string],
  where: string,
): Promise<void> {
  if (bytes.length !== expected.sizeBytes) {
    throw new InputError(
      `${where}: expected ${expected.sizeBytes} bytes, got ${bytes.length}; ${remedy}`,
    );
  }
  const digest = await sha256Hex(bytes);
  if (digest === expected.sha256) return;
  throw new InputError(`${where}: expected sha256 ${expected.sha256}, got ${digest}; ${remedy}`);
}

const remedy = "the bundle is damaged or was changed by hand; get it again";

/**
 * By WebCrypto, which Node has as well.
 * @throws EnvironmentError in a page that was not loaded by https or from localhost.
 */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new EnvironmentError(
      "the hashes of a bundle cannot be checked: browsers have WebCrypto in secure pages only; " +
        "serve the page by https or from localhost",
    );
  }
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parseAs<T>(schema: z.ZodType<T>, value: unknown, where: string, advice = remedy): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`);
  throw new InputError(`${where}: ${issues.join("; ")}; ${advice}`, { cause: parsed.error });
}
