/**
 * Trained models that a recipe with `distillation` learns from.
 */
import { InputError } from "../common/errors.ts";
import { readNetwork } from "../models/add-films.ts";
import { loadBundleFiles } from "../models/bundle.ts";
import { GRAPH_FILE } from "../models/bundle-format.ts";
import { lineageOf } from "../models/lineage.ts";
import { createNetwork } from "../models/networks.ts";
import type { Teacher } from "../models/teaching.ts";
import type { PreparedData } from "./prepare-data.ts";
import type { Recipe } from "./recipe.ts";

/** A teacher as a run records it: its name, and the sha256 of its graph. */
export interface TeacherRecord {
  readonly name: string;
  readonly weights: string;
}

export interface Teachers {
  readonly teachers: readonly Teacher[];
  readonly records: readonly TeacherRecord[];
}

/**
 * @param folders - of bundles or of finished runs.
 * @throws InputError unless the recipe learns from teachers, and each has learnt from the very rows
 *   that it will learn from: another one could hand on what is held out.
 */
export async function readTeachers(
  folders: readonly string[],
  recipe: Recipe,
  data: PreparedData,
): Promise<Teachers> {
  const isTaught = "distillation" in recipe && recipe.distillation !== null;
  if (isTaught && folders.length === 0) {
    throw new InputError(
      `recipe ${recipe.name}: it learns from teachers; name trained models, each by --teacher DIR`,
    );
  }
  if (!isTaught && folders.length > 0) {
    throw new InputError(
      `--teacher ${folders[0]}: recipe ${recipe.name} learns from none; leave it out, or say how in distillation`,
    );
  }
  const read = await Promise.all(folders.map((folder) => readTeacher(folder, recipe, data)));
  return {
    teachers: read.map(({ teacher }) => teacher),
    records: read.map(({ record }) => record),
  };
}

async function readTeacher(
  folder: string,
  recipe: Recipe,
  data: PreparedData,
): Promise<{ teacher: Teacher; record: TeacherRecord }> {
  const bundle = await loadBundleFiles(folder);
  const { manifest } = bundle;
  const { config, flat: weights } = readNetwork(bundle);
  if (config.kind !== "sasrec" && config.kind !== "gru4rec") {
    throw new InputError(
      `--teacher ${folder}: expected a model that reads a history from its start (sasrec, gru4rec), got ${config.kind}`,
    );
  }
  const isOfSameRows =
    lineageOf(manifest).length === 1 &&
    manifest.data.fingerprint === data.fingerprint &&
    // More have one that was given new films since.
    config.numItems === data.interactions.itemIds.length &&
    JSON.stringify(manifest.split) === JSON.stringify(recipe.split);
  if (!isOfSameRows) {
    throw new InputError(
      `--teacher ${folder}: ${manifest.name} has learnt from other rows than ${recipe.name} will; train it on the same data, prepared and split alike`,
    );
  }
  const { maxLength } = recipe.model as { maxLength: number };
  if (config.maxLength < maxLength) {
    throw new InputError(
      `--teacher ${folder}: reads ${config.maxLength} films at most, ${recipe.name} ${maxLength}`,
    );
  }
  return {
    teacher: { network: createNetwork({ config, dropoutRate: 0 }), weights },
    record: { name: manifest.name, weights: manifest.files[GRAPH_FILE].sha256 },
  };
}
