/**
 * What a finished run reached on rows it never saw: the numbers that a model trained on everything
 * carries with it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../common/errors.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import { loadModel } from "../models/bundle.ts";
import { type PreparedData, splitData } from "./prepare-data.ts";
import type { Recipe } from "./recipe.ts";

/** Metrics of the test rows with their 95 % intervals, and how they were measured. */
export interface HeldOut {
  readonly protocol: string;
  readonly numUsers: number;
  readonly metrics: Readonly<
    Record<string, { readonly value: number; readonly low: number; readonly high: number }>
  >;
}

/**
 * Evaluates the model of a run on its test rows.
 * @param folder - a finished run on the same data.
 * @throws InputError when it is not finished, of other data, or holds nothing out.
 */
export async function measureHeldOut(folder: string, data: PreparedData): Promise<HeldOut> {
  const model = await loadModel(folder);
  try {
    const { split, data: trainedOn } = model.manifest;
    if (split.kind === "none" || trainedOn.fingerprint !== data.fingerprint) {
      throw new InputError(
        `${folder}: expected a run on the same data with rows held out, got split "${split.kind}" of ${trainedOn.names}`,
      );
    }
    const { report } = await evaluate(model.recommender, splitData(data.interactions, split), {
      protocol: "full",
      rows: "test",
      ks: [10],
    });
    return {
      protocol: report.description,
      numUsers: report.numUsers,
      metrics: JSON.parse(JSON.stringify(report.metrics)),
    };
  } finally {
    await model.dispose();
  }
}

/** @throws InputError unless the run was made by this recipe, of whatever seed. */
export async function requireSameRecipe(folder: string, recipe: Recipe): Promise<void> {
  const path = join(folder, "run.json");
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(`${path}: not found; give the folder of a run`, { cause: error });
  });
  const { recipe: used } = JSON.parse(text) as { recipe: Recipe };
  const comparable = ({ seed: _, ...rest }: Recipe): string => JSON.stringify(rest);
  if (comparable(used) === comparable(recipe)) return;
  throw new InputError(
    `${path}: made by recipe "${used.name}" with other settings than "${recipe.name}"`,
  );
}
