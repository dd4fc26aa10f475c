/**
 * The folder of one training: `run.json` (what was asked for), `training.jsonl`, `checkpoint/`,
 * `report.html` and, at the end, `bundle/`.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { describeWriteFailure, writeFileAtomic } from "../common/files.ts";
import { parseVersionedJson } from "../common/versioned-json.ts";
import { parseRecipe } from "./parse-recipe.ts";
import type { TeacherRecord } from "./read-teachers.ts";
import type { Recipe } from "./recipe.ts";
import { isLock, takeLock } from "./run-lock.ts";

export const RUN_FORMAT_VERSION = 1;

/** The file of a run folder that says what was asked for, a `RunRecord`. */
export const RECORD = "run.json";

/** The folder of a finished run's model. */
export const BUNDLE = "bundle";

/** What must be the same for a resumed run to end as if it had not been interrupted. */
export interface RunRecord {
  readonly formatVersion: number;
  readonly recipe: Recipe;
  readonly data: { readonly names: readonly string[]; readonly fingerprint: string };
  readonly environment: Readonly<Record<string, string | number>>;
  /** The sha256 of what is known of users and items, for a recipe that reads it. */
  readonly features?: string | undefined;
  /** The sha256 of what is known of times, for a recipe that reads it. */
  readonly times?: string | undefined;
  /** The model that training went on from, and the sha256 of its graph. */
  readonly continued?: { readonly name: string; readonly weights: string } | undefined;
  /** The models that it learns from besides the data. */
  readonly teachers?: readonly TeacherRecord[] | undefined;
  /** The sha256 of the terms that its bundle will carry, if any. */
  readonly license?: string | undefined;
}

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/**
 * The machine and versions on which floating point sums come out the same. The version of ONNX
 * Runtime is in the checkpoint, written by the thread that has loaded it.
 */
export function describeEnvironment(numThreads: number, device: string): RunRecord["environment"] {
  return {
    usher: version,
    node: process.version,
    backend: process.env.USHER_RUNTIME ?? "auto",
    device,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    numThreads,
  };
}

export interface RunFolder {
  readonly path: string;
  readonly checkpoints: string;
  readonly log: string;
  readonly report: string;
  readonly bundle: string;
  /** Takes back what a new run wrote that was refused before its first checkpoint. */
  abandon(): Promise<void>;
  /** Lets others write here again. */
  release(): Promise<void>;
}

/**
 * Takes a folder for one training and keeps others out until it is released.
 * @throws InputError when it is not empty and `resume` is false, or it holds another training.
 * @throws EnvironmentError when another process trains there, or it cannot be written.
 */
export async function openRunFolder(
  path: string,
  record: RunRecord,
  resume: boolean,
): Promise<RunFolder> {
  await refuseContent(path, resume);
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
  });
  const release = await takeLock(path);
  let isNew: boolean;
  try {
    // Another process may have come and gone in between.
    await refuseContent(path, resume);
    isNew = await claim(path, record);
  } catch (error) {
    await release();
    throw error;
  }
  const checkpoints = join(path, "checkpoint");
  const log = join(path, "training.jsonl");
  return {
    path,
    checkpoints,
    log,
    report: join(path, "report.html"),
    bundle: join(path, BUNDLE),
    abandon: async () => {
      if (!isNew || existsSync(checkpoints)) return;
      for (const file of [log, join(path, RECORD)]) await rm(file, { force: true });
    },
    release,
  };
}

/** A new run needs an empty folder; one that is resumed finds its record, if it got that far. */
async function refuseContent(path: string, resume: boolean): Promise<void> {
  const names = (await list(path)).filter((name) => !isLock(name) && !name.endsWith(".tmp"));
  if (names.length === 0 || (resume && names.includes(RECORD))) return;
  throw new InputError(
    resume
      ? `--out ${path}: not empty and without ${RECORD}, so no training began here; choose another folder`
      : `--out ${path}: not empty; go on with --resume, or choose another folder`,
  );
}

async function list(path: string): Promise<string[]> {
  return readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR")
      throw new InputError(`--out ${path}: expected a folder, got a file`);
    throw new EnvironmentError(`--out ${path}: could not be read (${error.message})`, {
      cause: error,
    });
  });
}

/**
 * Writes the record, or compares it with the one that is there.
 * @returns whether the run is new.
 */
async function claim(path: string, record: RunRecord): Promise<boolean> {
  const names = await list(path);
  const left = names.filter((name) => name.endsWith(".tmp"));
  for (const name of left) await rm(join(path, name), { force: true });
  if (names.includes(RECORD)) {
    await requireSameRun(path, record);
    return false;
  }
  await writeFileAtomic(join(path, RECORD), `${JSON.stringify(record, null, 2)}\n`);
  return true;
}

/**
 * What the training in a folder was asked for.
 * @throws InputError when none began there, or its record is damaged or newer than this Usher.
 */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  const path = join(folder, RECORD);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(`${path}: not found; give the folder of a run`, { cause: error });
  });
  return parseRecord(text, path);
}

async function requireSameRun(folder: string, record: RunRecord): Promise<void> {
  const saved = await readRunRecord(folder);
  const differences = [recipeDifference(saved.recipe, record.recipe)];
  for (const key of [
    "data",
    "features",
    "times",
    "environment",
    "continued",
    "teachers",
    "license",
  ] as const) {
    differences.push(firstDifference(saved[key] ?? null, record[key] ?? null, key));
  }
  const changed = differences.find((difference) => difference !== null);
  if (!changed) return;
  throw new InputError(
    `${join(folder, RECORD)}: cannot resume, ${changed}; resume as it was begun, or start anew in another folder`,
  );
}

function parseRecord(text: string, path: string): RunRecord {
  const remedy = "start again in another folder";
  const record = parseVersionedJson(text, path, RUN_FORMAT_VERSION, remedy) as RunRecord;
  const formatVersion = record?.formatVersion;
  if (formatVersion === RUN_FORMAT_VERSION) {
    // A field that recipes did not have when this was written has its default.
    return {
      ...record,
      recipe: parseRecipe(JSON.stringify(record.recipe ?? null), `${path}: recipe`),
    };
  }
  throw new InputError(
    `${path}: formatVersion: expected ${RUN_FORMAT_VERSION}, got ${formatVersion}; ${remedy}`,
  );
}

/** `firstDifference` of two recipes, whose descriptions decide nothing. */
export function recipeDifference(before: Recipe, now: Recipe): string | null {
  return firstDifference(before, { ...now, description: before.description }, "recipe");
}

/** "recipe.seed was 1 and is 2", or null when two JSON values are equal. */
export function firstDifference(before: unknown, now: unknown, path: string): string | null {
  const isTree = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null;
  if (!isTree(before) || !isTree(now)) {
    if (JSON.stringify(before) === JSON.stringify(now)) return null;
    return `${path} was ${JSON.stringify(before)} and is ${JSON.stringify(now)}`;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const difference = firstDifference(before[key], now[key], `${path}.${key}`);
    if (difference) return difference;
  }
  return null;
}
