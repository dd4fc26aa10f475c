/**
 * A list of every look at test rows: a number that was chosen among many is worth less than one
 * that was read once, and whoever reads a table should know which it is.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { EnvironmentError } from "../common/errors.ts";
import { describeWriteFailure, sha256 } from "../common/files.ts";
import type { ModelManifest } from "../models/bundle-format.ts";
import type { EvaluationReport } from "./evaluate.ts";

/** One line of the ledger. */
export interface LedgerEntry {
  /** ISO 8601, UTC. */
  readonly date: string;
  /** Of the sources that measured, with "+" where they were changed since; null outside git. */
  readonly commit: string | null;
  readonly model: string;
  /** The sha256 of how the model was made: its architecture, settings, recipe, data and split. */
  readonly configuration: string;
  readonly data: readonly string[];
  readonly protocol: string;
  readonly numUsers: number;
  /** Means over users, e.g. `{"ndcg@10": 0.17}`. */
  readonly metrics: Readonly<Record<string, number>>;
}

const run = promisify(execFile);

/** The ledger of the project one works in, if it keeps one. */
export function findLedger(folder: string = process.cwd()): string | undefined {
  const path = join(folder, "docs", "test-ledger.jsonl");
  return existsSync(path) ? path : undefined;
}

/** @throws EnvironmentError when the file cannot be written. */
export async function appendToLedger(
  path: string,
  manifest: ModelManifest,
  report: Pick<EvaluationReport, "description" | "numUsers" | "metrics">,
): Promise<void> {
  const { name, kind, config, split, data, training } = manifest;
  const configuration = { name, kind, config, split, data, recipe: training?.recipe ?? null };
  const entry: LedgerEntry = {
    date: new Date().toISOString(),
    commit: await describeCommit(),
    model: name,
    configuration: sha256(JSON.stringify(configuration)),
    data: data.names,
    protocol: report.description,
    numUsers: report.numUsers,
    metrics: Object.fromEntries(
      Object.entries(report.metrics).map(([metric, { value }]) => [metric, value]),
    ),
  };
  try {
    // Appended in one write, so that evaluations side by side do not undo each other's lines.
    await appendFile(path, `${JSON.stringify(entry)}\n`, { flush: true });
  } catch (error) {
    throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
  }
}

async function describeCommit(): Promise<string | null> {
  const git = (...args: readonly string[]): Promise<string> =>
    run("git", args).then(({ stdout }) => stdout.trim());
  try {
    const changes = await git("status", "--porcelain", "--untracked-files=no", "--", "src");
    return `${await git("rev-parse", "HEAD")}${changes === "" ? "" : "+"}`;
  } catch {
    return null;
  }
}
