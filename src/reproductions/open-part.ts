/**
 * Brings the data and the models of one part together: a checkpoint, runs of one's own, or a model
 * that is trained now.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "../common/errors.ts";
import { type FeatureSet, NO_FEATURES } from "../data/features/feature-set.ts";
import type { AnySplit } from "../data/split.ts";
import { loadBundleFiles, loadModel } from "../models/bundle.ts";
import { LOG_FILE } from "../models/bundle-format.ts";
import { lineageOf } from "../models/lineage.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import { findRecipe } from "../recipes/find-recipe.ts";
import { type PreparedData, prepareData, splitData } from "../recipes/prepare-data.ts";
import { featuresFor } from "../recipes/prepare-features.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { type TrainOptions, type TrainSummary, trainOn } from "../recipes/train.ts";
import type { Resources } from "../recipes/trainer-settings.ts";
import { parseTrainingLog, type WrittenLine } from "../training/training-log.ts";
import { findCheckpoint } from "./find-checkpoint.ts";
import { quickData, quickRecipe } from "./quick.ts";
import { type Part, partName } from "./reproduction.ts";
import { withVariant } from "./with-variant.ts";

/** Where weights come from. */
export type ModelSource =
  | { readonly kind: "checkpoint" }
  /** Folders of runs or bundles; those named like the part's recipe are its seeds. */
  | { readonly kind: "models"; readonly folders: readonly string[] }
  | { readonly kind: "from-scratch"; readonly out: string; readonly resume: boolean }
  | { readonly kind: "quick" };

export interface OpenOptions {
  /** The folder with the data sets. */
  readonly data: string;
  readonly source: ModelSource;
  readonly resources: Resources;
  readonly signal?: AbortSignal | undefined;
}

/** A model with the log of its training, where that is known. */
export interface OpenModel {
  readonly model: LoadedModel;
  /** What it learnt from and is measured on: of the next films each seed draws windows of its own. */
  readonly split: AnySplit;
  readonly log: readonly WrittenLine[];
}

/** A part ready to be measured. Whoever opens it disposes of its models. */
export interface OpenPart {
  readonly recipe: Recipe;
  readonly data: PreparedData;
  readonly features: FeatureSet;
  /** One for each seed. */
  readonly models: readonly OpenModel[];
}

/**
 * @returns null where there are no weights: no checkpoint comes with this copy of Usher, or none of
 *   the models that were named is of the part's recipe.
 * @throws InputError when the data are missing, or a model learnt from others.
 * @throws InterruptedError after `signal`.
 */
export async function openPart(part: Part, options: OpenOptions): Promise<OpenPart | null> {
  const { source } = options;
  const full = await recipeOf(part);
  const folders = await foldersOf(full.name, source);
  if (folders?.length === 0) return null;
  const path = requireData(part, options.data);
  const isQuick = source.kind === "quick";
  const recipe = isQuick ? quickRecipe(full) : full;
  const whole = await prepareData([path], recipe);
  const data = isQuick ? quickData(whole, recipe) : whole;
  const models = folders
    ? await openAll(folders, data, recipe, options.resources)
    : [await trainNow(data, recipe, await teacherRecipes(part, isQuick), options)];
  const features = (await featuresFor(recipe, data)) ?? NO_FEATURES;
  return { recipe, data, features, models };
}

/**
 * Before hours of training: folders that are not to be gone on with must be new.
 * @throws InputError that names the one that is there.
 */
export async function requireNewFolders(
  parts: readonly Part[],
  source: ModelSource,
): Promise<void> {
  if (source.kind !== "from-scratch" || source.resume) return;
  const teachers = await Promise.all(parts.map((part) => teacherRecipes(part, false)));
  const names = [...parts.map(partName), ...teachers.flat().map(({ folder }) => folder)];
  const taken = names.map((name) => join(source.out, name)).find(existsSync);
  if (taken === undefined) return;
  throw new InputError(
    `--out ${source.out}: ${taken} is there; go on with --resume, or choose another folder`,
  );
}

/** The folders to load; null where the model is to be trained. */
async function foldersOf(recipe: string, source: ModelSource): Promise<string[] | null> {
  if (source.kind === "quick" || source.kind === "from-scratch") return null;
  if (source.kind === "checkpoint") return [findCheckpoint(recipe)].filter((f) => f !== undefined);
  const named: string[] = [];
  for (const folder of source.folders) {
    if ((await loadBundleFiles(folder)).manifest.name === recipe) named.push(folder);
  }
  return named;
}

/** @throws InputError that says where the data were looked for, and how to get them. */
function requireData({ data }: Part, folder: string): string {
  const path = join(folder, data);
  if (existsSync(path)) return path;
  const known = HOW_TO_GET.find(([start]) => data.startsWith(start))?.[1];
  const how = known === undefined ? "" : `; ${known.replace("DIR", folder)}`;
  throw new InputError(`--data ${folder}: expected ${path}, which is not there${how}`);
}

/** By how the name of a data set begins, the longest first. */
const HOW_TO_GET: readonly (readonly [string, string])[] = [
  ["ml-1m-sasrec", "it holds ml-1m.txt, the file of SASRec's and BERT4Rec's repositories"],
  ["ml-1m", "usher data fetch ml-1m --out DIR"],
  ["movietweetings", "it holds ratings.dat and movies.dat of MovieTweetings' repository"],
  ["sequential-benchmarks", "it is a file of S3-Rec's repository"],
];

async function openAll(
  folders: readonly string[],
  data: PreparedData,
  recipe: Recipe,
  resources: Resources,
): Promise<OpenModel[]> {
  const models: OpenModel[] = [];
  try {
    for (const folder of folders) {
      const model = await loadModel(folder, { numThreads: resources.numThreads });
      const split = splitData(data.interactions, model.manifest.split);
      models.push({ model, split, log: await readLog(folder) });
      requireSameRows(folder, model, data, recipe);
    }
    return models;
  } catch (error) {
    for (const { model } of models) await model.dispose();
    throw error;
  }
}

/** Beside the bundle of a run, or in a checkpoint; nothing where there is none. */
async function readLog(folder: string): Promise<WrittenLine[]> {
  const path = join(folder, LOG_FILE);
  return existsSync(path) ? parseTrainingLog(await readFile(path, "utf8"), path) : [];
}

/** @throws InputError when test rows may be among what the model learnt from. */
function requireSameRows(
  folder: string,
  { manifest, catalog }: LoadedModel,
  { fingerprint, interactions }: PreparedData,
  { split }: Recipe,
): void {
  const { itemIds } = interactions;
  const isSame =
    lineageOf(manifest).length === 1 &&
    manifest.data.fingerprint === fingerprint &&
    JSON.stringify({ ...manifest.split, seed: 0 }) === JSON.stringify({ ...split, seed: 0 }) &&
    itemIds.every((id, item) => catalog[item].itemId === id);
  if (isSame) return;
  throw new InputError(
    `${folder}: learnt from data with fingerprint ${manifest.data.fingerprint.slice(0, 12)} and split ` +
      `${JSON.stringify(manifest.split)}, here are ${fingerprint.slice(0, 12)} and ${JSON.stringify(split)}; ` +
      "give the data that it learnt from, or train anew with --from-scratch",
  );
}

async function recipeOf({ recipe, variant }: Part): Promise<Recipe> {
  return withVariant(await findRecipe(recipe), variant);
}

interface TeacherRecipe {
  /** Its folder's name. */
  readonly folder: string;
  readonly recipe: Recipe;
}

/** One for each teacher. With the seed of its recipe it is what the teacher's own row trains. */
async function teacherRecipes(
  { teachers }: Part,
  isQuick: boolean,
): Promise<readonly TeacherRecipe[]> {
  if (teachers === undefined) return [];
  const full = await recipeOf(teachers.of);
  const own = isQuick ? quickRecipe(full) : full;
  return teachers.seeds.map((seed) => ({
    folder: seed === own.seed ? own.name : `${own.name}-seed-${seed}`,
    recipe: { ...own, seed },
  }));
}

async function trainNow(
  data: PreparedData,
  recipe: Recipe,
  taughtBy: readonly TeacherRecipe[],
  options: OpenOptions,
): Promise<OpenModel> {
  const { source } = options;
  const temporary = source.kind === "quick" ? await mkdtemp(join(tmpdir(), "usher-quick-")) : null;
  const out = source.kind === "from-scratch" ? source.out : (temporary ?? "");
  try {
    const teachers = taughtBy.map(({ folder }) => join(out, folder));
    for (const [index, teacher] of taughtBy.entries()) {
      // What another row has trained ends at once, unless it was trained otherwise.
      await trainInto(data, teacher.recipe, teachers[index], { resume: true }, options);
    }
    const resume = source.kind === "from-scratch" && source.resume;
    const folder = join(out, recipe.name);
    const { bundle } = await trainInto(data, recipe, folder, { resume, teachers }, options);
    const model = await loadModel(bundle, { numThreads: options.resources.numThreads });
    const split = splitData(data.interactions, recipe.split);
    return { model, split, log: await readLog(folder) };
  } finally {
    if (temporary) await rm(temporary, { recursive: true, force: true });
  }
}

async function trainInto(
  data: PreparedData,
  recipe: Recipe,
  out: string,
  given: Pick<TrainOptions, "resume" | "teachers">,
  { resources, signal }: OpenOptions,
): Promise<TrainSummary> {
  return trainOn(data, recipe, { out, resources, ...given, ...(signal && { signal }) });
}
