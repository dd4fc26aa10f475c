/**
 * What a finished run reached on rows it never saw: the numbers that a model trained on everything
 * carries with it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../common/errors.ts";
import type { FeatureSet } from "../data/features/feature-set.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import { appendToLedger } from "../evaluation/test-ledger.ts";
import { loadModel } from "../models/bundle.ts";
import { type PreparedData, splitData } from "./prepare-data.ts";
import type { Recipe } from "./recipe.ts";
import { BUNDLE, firstDifference, RECORD, readRunRecord, recipeDifference } from "./run-folder.ts";

/** Metrics of the test rows with their 95 % intervals, and how they were measured. */
export interface HeldOut {
  /** The epoch whose weights were measured; a model trained on everything keeps its last. */
  readonly epoch: number | null;
  readonly protocol: string;
  readonly numUsers: number;
  readonly metrics: Readonly<
    Record<string, { readonly value: number; readonly low: number; readonly high: number }>
  >;
}

/**
 * Evaluates the model of a run on its test rows.
 * @param folder - a run that `requireHeldOutRun` let pass.
 * @param features - what is known of users, for a model that reads it.
 * @param ledger - the file that lists every look at test rows, if there is one.
 * @throws InputError when it is not finished.
 */
export async function measureHeldOut(
  folder: string,
  data: PreparedData,
  features: FeatureSet,
  ledger?: string,
): Promise<HeldOut> {
  if (!existsSync(join(folder, BUNDLE))) {
    throw new InputError(
      `--held-out-run ${folder}: has not finished, so what it reaches is not known; finish it, then ` +
        "end this run with --resume",
    );
  }
  const model = await loadModel(folder);
  try {
    const { split } = model.manifest;
    const rows = splitData(data.interactions, split);
    if (rows.kind === "next-films") {
      throw new InputError(
        `--held-out-run ${folder}: models of the next films cannot have one yet`,
      );
    }
    const { report } = await evaluate(model.recommender, rows, {
      protocol: "full",
      rows: "test",
      ks: [10],
      userFeatures: features.users?.rows,
    });
    if (ledger !== undefined) await appendToLedger(ledger, model.manifest, data, report);
    const { validation } = (model.manifest.training ?? {}) as { validation?: { epoch: number } };
    return {
      epoch: validation?.epoch ?? null,
      protocol: report.description,
      numUsers: report.numUsers,
      metrics: JSON.parse(JSON.stringify(report.metrics)),
    };
  } finally {
    await model.dispose();
  }
}

/**
 * Makes sure, before this recipe is trained on everything, that a run tells what it reaches.
 * @param folder - a run, finished or not.
 * @param features - the fingerprint of what the recipe reads, if anything.
 * @throws InputError unless it holds rows out, and is of this recipe, whatever its seed, and data.
 */
export async function requireHeldOutRun(
  folder: string,
  recipe: Recipe,
  data: Pick<PreparedData, "fingerprint">,
  features: string | undefined,
): Promise<void> {
  const path = join(folder, RECORD);
  const { recipe: used, data: trainedOn, features: known } = await readRunRecord(folder);
  const difference =
    recipeDifference({ ...used, seed: recipe.seed }, recipe) ??
    firstDifference(trainedOn, { ...trainedOn, fingerprint: data.fingerprint }, "data") ??
    firstDifference(known ?? null, features ?? null, "features");
  if (difference) {
    throw new InputError(
      `--held-out-run ${path}: ${difference}; give a run of the same recipe and data`,
    );
  }
  if (used.split.kind === "next-films") {
    throw new InputError(`--held-out-run ${path}: is not for models of the next films yet`);
  }
  if (used.split.kind !== "none") return;
  throw new InputError(`--held-out-run ${path}: holds nothing out; give a recipe with a split`);
}
