/**
 * The folder of one training: `run.json` (what was asked for), `training.jsonl`, `checkpoint/`,
 * `report.html` and, at the end, `bundle/`.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { describeWriteFailure, writeFileAtomic } from "../common/files.ts";
import { ORT_VERSION } from "../runtime/ort.ts";

export const RUN_FORMAT_VERSION = 1;

/** What must be the same for a resumed run to end as if it had not been interrupted. */
export interface RunRecord {
  readonly formatVersion: number;
  readonly recipe: unknown;
  readonly data: { readonly names: readonly string[]; readonly fingerprint: string };
  readonly environment: Readonly<Record<string, string | number>>;
}

/** The machine and versions on which floating point sums come out the same. */
export function describeEnvironment(numThreads: number, device: string): RunRecord["environment"] {
  return {
    node: process.version,
    onnxruntime: ORT_VERSION,
    backend: process.env.USHER_RUNTIME ?? "auto",
    device,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    numThreads,
  };
}

export interface RunFolder {
  readonly path: string;
  readonly checkpoints: string;
  readonly log: string;
  readonly report: string;
  readonly bundle: string;
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
  if (!resume) await requireEmpty(path);
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
  });
  const release = await takeLock(path);
  try {
    const recordPath = join(path, "run.json");
    if (existsSync(recordPath)) await requireSameRun(recordPath, record);
    else await writeFileAtomic(recordPath, `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    await release();
    throw error;
  }
  return {
    path,
    checkpoints: join(path, "checkpoint"),
    log: join(path, "training.jsonl"),
    report: join(path, "report.html"),
    bundle: join(path, "bundle"),
    release,
  };
}

async function requireEmpty(path: string): Promise<void> {
  const names = await readdir(path).catch(() => []);
  if (names.length === 0) return;
  throw new InputError(`--out ${path}: not empty; go on with --resume, or choose another folder`);
}

/** A lock that a killed process leaves behind counts as gone after two seconds. */
async function takeLock(path: string): Promise<() => Promise<void>> {
  const retries = { retries: 6, minTimeout: 500, maxTimeout: 500 };
  try {
    return await lock(path, { stale: 2000, update: 1000, realpath: false, retries });
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === "ELOCKED"
        ? "another process trains here"
        : String(error);
    throw new EnvironmentError(`${path}: ${why}; wait for it to end or choose another --out`, {
      cause: error,
    });
  }
}

async function requireSameRun(path: string, record: RunRecord): Promise<void> {
  const saved = parseRecord(await readFile(path, "utf8"), path);
  for (const key of ["recipe", "data", "environment"] as const) {
    const changed = firstDifference(saved[key], record[key], key);
    if (changed) {
      throw new InputError(
        `${path}: cannot resume, ${changed}; resume as it was begun, or start anew in another folder`,
      );
    }
  }
}

function parseRecord(text: string, path: string): RunRecord {
  let record: RunRecord;
  try {
    record = JSON.parse(text) as RunRecord;
  } catch (error) {
    throw new InputError(`${path}: not JSON; start again in another folder`, { cause: error });
  }
  if (record.formatVersion === RUN_FORMAT_VERSION) return record;
  throw new InputError(
    `${path}: formatVersion ${record.formatVersion}, this Usher reads ${RUN_FORMAT_VERSION}`,
  );
}

/** "recipe.seed was 1 and is 2", or null when two JSON values are equal. */
function firstDifference(before: unknown, now: unknown, path: string): string | null {
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
