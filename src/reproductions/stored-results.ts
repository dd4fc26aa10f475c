/**
 * What was measured so far of a table, beside the page that shows it: a row that is measured anew
 * takes its old place, and the others stay without a second look at test rows.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { InputError } from "../common/errors.ts";
import { writeFileAtomic } from "../common/files.ts";
import { parseVersionedJson } from "../common/versioned-json.ts";
import type { TablePart, TableResult } from "./format-table.ts";
import type { ReproducedPart, ReproductionResult } from "./reproduce.ts";
import { partName, type Reproduction } from "./reproduction.ts";

const FORMAT_VERSION = 1;
const REMEDY = "remove it, and measure its rows again";

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
const estimates = z.record(z.string(), estimate);

const measurement = z.object({
  title: z.string(),
  description: z.string(),
  numUsers: z.number(),
  metrics: z.array(z.object({ metric: z.string(), ours: estimate, baselines: estimates })),
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

/** Written whole, to a temporary name first. */
export async function writeStoredResults(path: string, parts: readonly TablePart[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const stored = { formatVersion: FORMAT_VERSION, parts: parts.map((one) => part.parse(one)) };
  await writeFileAtomic(path, `${JSON.stringify(stored, null, 1)}\n`);
}

/** The rows of a table in its order: those just measured, and of the others what is stored. */
export function mergeResults(
  { parts }: Pick<Reproduction, "parts">,
  stored: readonly TablePart[],
  result: ReproductionResult,
): TableResult {
  const measured = new Map(result.parts.map((one) => [one.recipe, one]));
  const before = new Map(stored.map((one) => [one.recipe, one]));
  const merged = parts.flatMap((one): TablePart[] => {
    const name = partName(one);
    const old = before.get(name);
    const kept = old && withoutStaleDifferences(old, before, measured);
    return [measured.get(name) ?? kept ?? []].flat();
  });
  const isThere = (name: string): boolean => merged.some(({ recipe }) => recipe === name);
  return {
    ...result,
    parts: merged,
    missing: result.missing.filter((one) => !isThere(partName(one))),
    leftOut: result.leftOut.filter((name) => !isThere(name)),
  };
}

/** A difference to a line whose models are others now says nothing. */
function withoutStaleDifferences(
  old: TablePart,
  before: ReadonlyMap<string, TablePart>,
  measured: ReadonlyMap<string, ReproducedPart>,
): TablePart {
  const weightsOf = (one: TablePart | undefined): string =>
    JSON.stringify(one?.models.map(({ weights }) => weights));
  const isStale = (name: string): boolean => {
    const now = measured.get(name);
    return now !== undefined && weightsOf(now) !== weightsOf(before.get(name));
  };
  const measurements = old.measurements.map((one) =>
    one.against && isStale(one.against.name) ? { ...one, against: null } : one,
  );
  return { ...old, measurements };
}
