/**
 * A list of every look at test rows: a number that was chosen among many is worth less than one
 * that was read once, and whoever reads a table should know which it is.
 */
import { execFile } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EnvironmentError } from "../common/errors.ts";
import { describeWriteFailure, sha256 } from "../common/files.ts";
import type { ModelManifest, SplitRecord } from "../models/bundle-format.ts";
import type { EvaluationReport } from "./evaluate.ts";

/** One line of the ledger. */
export interface LedgerEntry {
  /** ISO 8601, UTC. */
  readonly date: string;
  /** The version of Usher that measured. */
  readonly usher: string;
  /** The commit of its checkout, with "+" where sources were changed since; null outside of one. */
  readonly commit: string | null;
  /** Its name, and how its lists were put in order otherwise. */
  readonly model: string;
  /** The sha256 of how the model was made: name, architecture, settings, recipe, data and split. */
  readonly configuration: string;
  /** The sha256 of `model.onnx`. */
  readonly weights: string;
  /** What was measured on. */
  readonly data: { readonly names: readonly string[]; readonly fingerprint: string };
  readonly protocol: string;
  readonly numUsers: number;
  /** Means over users, e.g. `{"ndcg@10": 0.17}`. */
  readonly metrics: Readonly<Record<string, number>>;
}

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/** Before anything is measured. @throws EnvironmentError when the file cannot be written. */
export async function requireWritableLedger(path: string): Promise<void> {
  await append(path, "");
}

/** What a ledger keeps of a report. */
export type LedgerReport = Pick<EvaluationReport, "model" | "description" | "numUsers" | "metrics">;

/** @throws EnvironmentError when the file cannot be written. */
export async function appendToLedger(
  path: string,
  manifest: ModelManifest,
  data: LedgerEntry["data"],
  report: LedgerReport,
): Promise<void> {
  const { name, kind, config, split, data: trainedOn, training, files } = manifest;
  const made = { name, kind, config, split, data: trainedOn, recipe: training?.recipe ?? null };
  const configuration = sha256(JSON.stringify(made));
  const weights = files["model.onnx"].sha256;
  await appendEntry(path, { configuration, weights }, data, report);
}

/**
 * For a baseline that is fitted for the occasion: name, settings, data and split are all there is to
 * its weights.
 * @throws EnvironmentError when the file cannot be written.
 */
export async function appendBaselineToLedger(
  path: string,
  { split, options }: { readonly split: SplitRecord; readonly options: object },
  data: LedgerEntry["data"],
  report: LedgerReport,
): Promise<void> {
  const made = { name: report.model, options, split, data: data.fingerprint };
  const configuration = sha256(JSON.stringify(made));
  await appendEntry(path, { configuration, weights: configuration }, data, report);
}

async function appendEntry(
  path: string,
  made: Pick<LedgerEntry, "configuration" | "weights">,
  { names, fingerprint }: LedgerEntry["data"],
  { model, description, numUsers, metrics }: LedgerReport,
): Promise<void> {
  const means = Object.entries(metrics).map(([metric, { value }]) => [metric, value]);
  const entry: LedgerEntry = {
    date: new Date().toISOString(),
    usher: version,
    commit: await describeCommit(root),
    model,
    ...made,
    data: { names, fingerprint },
    protocol: description,
    numUsers,
    metrics: Object.fromEntries(means),
  };
  await append(path, `${JSON.stringify(entry)}\n`);
}

/** In one write, so that evaluations side by side do not undo each other's lines. */
async function append(path: string, text: string): Promise<void> {
  try {
    await appendFile(path, text, { flush: true });
  } catch (error) {
    throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
  }
}

/** @param folder - the top of a checkout, else there is no commit to name. */
export async function describeCommit(folder: string): Promise<string | null> {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await run("git", ["-C", folder, ...args])).stdout.trim();
  try {
    if ((await git("rev-parse", "--show-prefix")) !== "") return null;
    const changes = await git("status", "--porcelain", "--", "src");
    return `${await git("rev-parse", "HEAD")}${changes === "" ? "" : "+"}`;
  } catch {
    return null;
  }
}
