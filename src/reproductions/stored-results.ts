/**
 * What was measured so far of a table, beside the page that shows it: a row that is measured anew
 * takes its old place, and the others stay without a second look at test rows.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import { writeFileAtomic } from "../common/files.ts";
import { parseVersionedJson } from "../common/versioned-json.ts";
import type { TablePart, TableResult } from "./format-table.ts";
import type { ReproductionResult } from "./reproduce.ts";
import { type Part, partName, type Reproduction } from "./reproduction.ts";

const FORMAT_VERSION = 1;
const REMEDY = "remove it, and measure its rows again";

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
const estimates = z.record(z.string(), estimate);

const measurement = z.object({
  title: z.string(),
  description: z.string(),
  numUsers: z.number(),
  metrics: z.array(
    z.object({
      metric: z.string(),
      ours: estimate,
      baselines: estimates,
      differences: estimates.optional(),
    }),
  ),
  published: z.array(
    z.object({
      role: z.enum(["reference", "best"]),
      metrics: z.record(z.string(), z.number()),
      source: z.string(),
      protocol: z.string(),
    }),
  ),
  against: z.object({ name: z.string(), differences: estimates }).nullable(),
});

const model = z.object({
  seed: z.number().nullable(),
  commit: z.string().nullable(),
  rows: z.object({
    split: z.enum(["leave-one-out", "half-history", "by-user", "by-time", "none", "next-films"]),
    users: z.number(),
    interactions: z.number(),
  }),
  weights: z.string(),
  parameters: z.number().nullable(),
  minutes: z.number().nullable(),
  validation: z.number().nullable(),
  stored: z.number().nullable(),
});

const part = z.object({
  recipe: z.string(),
  data: z.object({ names: z.array(z.string()), fingerprint: z.string() }),
  models: z.array(model).min(1),
  measurements: z.array(measurement),
});

const schema = z.object({ formatVersion: z.literal(FORMAT_VERSION), parts: z.array(part) });

/** `docs/results.md` and "by-time" to `docs/results/by-time.json`. */
export function storedResultsPath(page: string, name: string): string {
  return join(page.replace(/\.md$/, ""), `${name}.json`);
}

/**
 * @returns the rows that were measured before; none where there is no file.
 * @throws InputError when the file is not one of results.
 */
export async function readStoredResults(path: string): Promise<readonly TablePart[]> {
  if (!existsSync(path)) return [];
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(`${path}: cannot be read; ${REMEDY}`, { cause: error });
  });
  const parsed = schema.safeParse(parseVersionedJson(text, path, FORMAT_VERSION, REMEDY));
  if (parsed.success) return parsed.data.parts;
  const [{ path: place, message }] = parsed.error.issues;
  throw new InputError(`${path}: ${place.join(".") || "the file"}: ${message}; ${REMEDY}`);
}

/** Written whole, to a temporary name first, into a folder that is there. */
export async function writeStoredResults(path: string, parts: readonly TablePart[]): Promise<void> {
  const stored = { formatVersion: FORMAT_VERSION, parts: parts.map((one) => part.parse(one)) };
  await writeFileAtomic(path, `${JSON.stringify(stored, null, 1)}\n`);
}

/** The rows of a table in its order: those just measured, and of the others what is stored. */
export function mergeResults(
  { parts }: Pick<Reproduction, "parts">,
  stored: readonly TablePart[],
  result: ReproductionResult,
): TableResult {
  const changed = new Set(
    result.parts.filter((one) => haveOtherWeights(one, find(stored, one.recipe))).map(recipeOf),
  );
  const merged = parts.flatMap((one): TablePart[] => {
    const measured = find(result.parts, partName(one));
    if (measured) return [measured];
    const kept = find(stored, partName(one));
    return kept ? [withPublishedOf(one, withoutDifferencesTo(changed, kept))] : [];
  });
  // A page says what each absent row waits for, whatever was left out when it was last written.
  const missing = parts.filter((one) => !find(merged, partName(one)));
  return { ...result, parts: merged, missing, leftOut: [] };
}

function recipeOf({ recipe }: TablePart): string {
  return recipe;
}

function find<T extends TablePart>(parts: readonly T[], name: string): T | undefined {
  return parts.find(({ recipe }) => recipe === name);
}

function haveOtherWeights(now: TablePart, before: TablePart | undefined): boolean {
  const weightsOf = ({ models }: TablePart): string => models.map(({ weights }) => weights).join();
  return before === undefined || weightsOf(now) !== weightsOf(before);
}

/** What others reached is the catalog's to say, whenever ours was measured. */
function withPublishedOf(part: Pick<Part, "measurements">, kept: TablePart): TablePart {
  const measurements = kept.measurements.map((one) => {
    const now = part.measurements.find(({ title }) => title === one.title);
    return now ? { ...one, published: now.published } : one;
  });
  return { ...kept, measurements };
}

/** A difference to a line whose models are others now says nothing. */
function withoutDifferencesTo(changed: ReadonlySet<string>, kept: TablePart): TablePart {
  const measurements = kept.measurements.map((one) =>
    one.against && changed.has(one.against.name) ? { ...one, against: null } : one,
  );
  return { ...kept, measurements };
}
