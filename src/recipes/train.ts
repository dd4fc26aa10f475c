/**
 * Trains a model from a recipe and data, into a folder: what `usher train` does.
 */
import { fileURLToPath } from "node:url";
import { InputError } from "../common/errors.ts";
import { sha256 } from "../common/files.ts";
import { heedInterruption } from "../common/interruption.ts";
import type { LoadOptions } from "../data/dataset.ts";
import { filmFeatures, NO_FEATURES } from "../data/features/feature-set.ts";
import type { Film } from "../data/interactions.ts";
import { type AnySplit, trainingInteractions } from "../data/split.ts";
import { gapsOf } from "../data/time-gaps.ts";
import { describeCommit, requireWritableLedger } from "../evaluation/test-ledger.ts";
import { type Bundle, saveBundle } from "../models/bundle.ts";
import { type Learnt, lineageOf } from "../models/lineage.ts";
import { type ContinuedModel, joinVocabulary } from "./continue-model.ts";
import { fitRecipe } from "./fit-baseline.ts";
import { readsTimes } from "./fit-sides.ts";
import { type HeldOut, measureHeldOut, requireHeldOutRun } from "./held-out.ts";
import { type PreparedData, prepareData, splitData } from "./prepare-data.ts";
import { featuresFingerprint, featuresFor } from "./prepare-features.ts";
import { readTeachers, type TeacherRecord } from "./read-teachers.ts";
import { choosesOnValidation, isNetwork, type Recipe } from "./recipe.ts";
import { describeEnvironment, openRunFolder, RUN_FORMAT_VERSION } from "./run-folder.ts";
import { trainNetwork } from "./train-network.ts";
import type { TrainedModel } from "./trained-model.ts";
import type { Resources } from "./trainer-settings.ts";

export interface TrainOptions {
  /** Folders or files of data; several are joined over one catalog of films. */
  readonly data: readonly string[];
  /** Column names and the like, for data of your own. */
  readonly load?: LoadOptions;
  /** A `features.json`, for a recipe that reads sides or content. Default: what the data set says. */
  readonly features?: string | undefined;
  /** The folder to write, new or empty unless `resume`. */
  readonly out: string;
  /** Go on from the checkpoint in `out`. Default: false. */
  readonly resume?: boolean;
  /** Default: one thread for each core, on the CPU. */
  readonly resources?: Partial<Resources>;
  /** Ends the work after the piece under way; of a training by steps with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Seconds between two checkpoints at most. Default: 240. */
  readonly checkpointSeconds?: number;
  /**
   * The folder of a run of the same recipe on the same data with rows held out, begun before this
   * one and finished before it ends. This run then learns from everything, and its bundle tells what
   * the other reached on its test rows.
   */
  readonly heldOutRun?: string;
  /** The file that lists every look at test rows; a `heldOutRun` is one. Default: none. */
  readonly ledger?: string | undefined;
  /** Go on from this model's weights, by its recipe. Default: start anew. */
  readonly continueFrom?: ContinuedModel;
  /** Folders of trained models that a recipe with `distillation` learns from. */
  readonly teachers?: readonly string[] | undefined;
  /** The terms under which the model may be used, kept as LICENSE in the bundle. */
  readonly license?: string;
}

/** What came out, as plain data. */
export interface TrainSummary {
  readonly name: string;
  readonly kind: string;
  /** The folder of the bundle, for `loadModel`. */
  readonly bundle: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly training: TrainedModel["training"] & { readonly rows: TrainingRows };
  readonly heldOut: HeldOut | null;
}

/** The top of our own checkout, where there is one. */
const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @throws InputError for anything wrong with the recipe, the data or the folder.
 * @throws InterruptedError after `signal`, with a checkpoint written where steps were made.
 * @throws EnvironmentError when the disk is full, or a loss is not finite.
 */
export async function train(recipe: Recipe, options: TrainOptions): Promise<TrainSummary> {
  return trainOn(await prepareData(options.data, recipe, options.load), recipe, options);
}

/** `train` on data that are prepared already. @throws as `train` does. */
export async function trainOn(
  given: PreparedData,
  recipe: Recipe,
  options: Omit<TrainOptions, "data" | "load">,
): Promise<TrainSummary> {
  const { numThreads = 0, device = "cpu" } = options.resources ?? {};
  const { heldOutRun, ledger, signal = new AbortController().signal } = options;
  const from = options.continueFrom;
  const data = from ? joinVocabulary(from, given) : given;
  const features = await featuresFor(recipe, data, options.features);
  const fingerprint = features ? featuresFingerprint(features) : undefined;
  if (heldOutRun !== undefined && options.teachers?.length) {
    throw new InputError(
      "--held-out-run: does not go with --teacher, which learnt from other rows than everything; leave one of them out",
    );
  }
  const { teachers, records } = await readTeachers(options.teachers ?? [], recipe, data);
  const commit = await describeCommit(root);
  await heedInterruption(signal, "stopped before training began; run the same command again");
  if (heldOutRun !== undefined) await requireHeldOutRun(heldOutRun, recipe, data, fingerprint);
  if (ledger !== undefined) await requireWritableLedger(ledger);
  const actual = heldOutRun === undefined ? recipe : onEverything(recipe);
  const record = {
    formatVersion: RUN_FORMAT_VERSION,
    recipe: actual,
    data: { names: data.names, fingerprint: data.fingerprint },
    ...(fingerprint !== undefined && { features: fingerprint }),
    ...timesRecord(actual, data),
    environment: describeEnvironment(numThreads, device),
    ...(from && { continued: { name: from.manifest.name, weights: from.weights } }),
    ...(records.length > 0 && { teachers: records }),
    ...(options.license !== undefined && { license: sha256(options.license) }),
  };
  const split = splitData(data.interactions, actual.split);
  requireValidationRows(actual, split);
  const folder = await openRunFolder(options.out, record, options.resume ?? false);
  try {
    const model = isNetwork(actual)
      ? await trainNetwork(actual, {
          folder,
          record,
          split,
          features: features ?? NO_FEATURES,
          films: filmFeatures(data.films),
          from,
          teachers,
          resources: { numThreads, device },
          signal,
          checkpointSeconds: options.checkpointSeconds,
        })
      : await fitRecipe(actual, split, signal);
    await heedInterruption(signal, `stopped before the end; ${options.out} goes on with --resume`);
    // Only now, so that both runs may go on side by side.
    const heldOut =
      heldOutRun === undefined
        ? null
        : await measureHeldOut(heldOutRun, data, features ?? NO_FEATURES, ledger);
    const { environment, continued, teachers: taughtBy } = record;
    const origin = {
      commit,
      rows: describeRows(split),
      environment: { ...environment },
      ...(continued && { continued }),
      ...(taughtBy && { teachers: plain(taughtBy) }),
      ...(from && { ancestors: plain(lineageOf(from.manifest)) }),
    };
    const bundle = toBundle(actual, data, model, heldOut, origin);
    await saveBundle(folder.bundle, { ...bundle, license: options.license });
    return summarize(bundle, folder.bundle, heldOut, origin.rows);
  } catch (error) {
    if (error instanceof InputError) await folder.abandon();
    throw error;
  } finally {
    await folder.release();
  }
}

/**
 * The hash of what is known of times, for a recipe that reads it: where a data set says itself which
 * times are real, its fingerprint does not tell.
 */
function timesRecord(recipe: Recipe, { interactions }: PreparedData): { times?: string } {
  const gaps = isNetwork(recipe) && readsTimes(recipe) ? gapsOf(interactions) : null;
  return gaps
    ? { times: sha256(new Uint8Array(gaps.buffer, gaps.byteOffset, gaps.byteLength)) }
    : {};
}

/** @throws InputError where a recipe chooses on validation rows and there are none. */
function requireValidationRows(recipe: Recipe, split: AnySplit): void {
  if (!choosesOnValidation(recipe) || split.validation.length > 0) return;
  throw new InputError(
    `recipe ${recipe.name}: its ${recipe.split.kind} split of these data has no validation rows to choose on; ` +
      "histories of three items and more give some, or use a recipe that chooses nothing",
  );
}

/** The recipe with nothing held out: as many epochs, the last weights kept. */
function onEverything(recipe: Recipe): Recipe {
  const split = { kind: "none" } as const;
  if (isNetwork(recipe)) return { ...recipe, split, validation: null };
  throw new InputError(`recipe ${recipe.name}: a held-out run is for models trained by epochs`);
}

function toBundle(
  recipe: Recipe,
  data: PreparedData,
  model: TrainedModel,
  heldOut: HeldOut | null,
  origin: Origin,
): Bundle {
  const { interactions, names, fingerprint, fingerprints, onlyShareableTitles, heldOutYears } =
    data;
  const { itemIds, userIds, items } = interactions;
  return {
    description: {
      name: recipe.name,
      kind: model.kind,
      numItems: itemIds.length,
      input: model.input,
      config: model.config,
      data: {
        names: [...names],
        fingerprint,
        fingerprints: [...fingerprints],
        onlyShareableTitles,
        ...(heldOutYears && { heldOutYears }),
        preparations: [...data.preparations],
        users: userIds.length,
        interactions: items.length,
      },
      split: recipe.split,
      heldOut: heldOut && { ...heldOut },
      training: { recipe: { ...recipe }, ...origin, ...model.training },
    },
    graph: model.graph,
    content: model.content,
    catalog: itemIds.map((itemId) => data.films.get(itemId) ?? unknownFilm(itemId)),
  };
}

/** Where weights come from, as their bundle says it. */
type Origin = {
  /** Of the checkout that trained; null outside of one. Of a resumed run, where it ended. */
  readonly commit: string | null;
  readonly rows: TrainingRows;
  readonly environment: Record<string, string | number>;
  /** The model that training went on from, if there was one. */
  readonly continued?: { readonly name: string; readonly weights: string };
  /** What that model had learnt from, and those before it. */
  readonly ancestors?: JsonValue[];
  /** The models that it learnt from besides the data: `TeacherRecord`s. */
  readonly teachers?: JsonValue[];
};

type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** As JSON has it. */
function plain(records: readonly (Learnt | TeacherRecord)[]): JsonValue[] {
  return JSON.parse(JSON.stringify(records));
}

/** Which rows of the data a model learnt from. */
export type TrainingRows = {
  readonly split: AnySplit["kind"];
  readonly users: number;
  readonly interactions: number;
};

/** The users and rows that a split leaves for training. */
export function describeRows(split: AnySplit): TrainingRows {
  const { offsets, items } = trainingInteractions(split);
  const users = offsets.subarray(1).filter((end, user) => end > offsets[user]).length;
  return { split: split.kind, users, interactions: items.length };
}

/** A title of "" says that only the id is known. */
export function unknownFilm(itemId: string): Film {
  return { itemId, title: "", year: null, genres: [] };
}

function summarize(
  { description }: Bundle,
  bundle: string,
  heldOut: HeldOut | null,
  rows: TrainingRows,
): TrainSummary {
  const { name, kind, numItems, data } = description;
  const { users, interactions } = data;
  const training = { ...description.training, rows };
  return { name, kind, bundle, users, items: numItems, interactions, training, heldOut };
}
