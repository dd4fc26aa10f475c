/**
 * Trains a model step by step, in a thread of its own, with checkpoints.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { InputError } from "../common/errors.ts";
import { writeFileAtomic } from "../common/files.ts";
import { heedInterruption } from "../common/interruption.ts";
import { startProgress, withProgress } from "../common/progress.ts";
import type { FeatureSet, FeatureTable } from "../data/features/feature-set.ts";
import type { Interactions } from "../data/interactions.ts";
import { type AnySplit, allInteractions, trainingInteractions } from "../data/split.ts";
import { measureValidation } from "../evaluation/measure-validation.ts";
import { foldContent, unfoldContent } from "../models/content-rows.ts";
import type { ContentTower } from "../models/content-tower.ts";
import { fitContentTower } from "../models/fit-content-tower.ts";
import { type GrownNetwork, itemRowsOf } from "../models/grow-network.ts";
import { historyInputs, sequenceLength } from "../models/history-inputs.ts";
import { networkOnnx } from "../models/network-onnx.ts";
import { createNetwork, type NetworkConfig, networkInput } from "../models/networks.ts";
import { createOnnxRecommender, type OnnxModel } from "../models/onnx-recommender.ts";
import { countItems } from "../models/popularity.ts";
import type { Recommender } from "../models/recommender.ts";
import type { SideValues } from "../models/side-batches.ts";
import { type Teacher, type Teaching, teach } from "../models/teaching.ts";
import { countParameters } from "../nn/parameters.ts";
import { createSchedule } from "../optim/schedules.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import {
  runTraining,
  type TrainingResult,
  type TrainingRun,
  type Validation,
} from "../training/loop.ts";
import type { WeightsChoice } from "../training/trainer.ts";
import { connectTrainer, type TrainerPort } from "../training/trainer-thread.ts";
import { openTrainingLog, readTrainingLog } from "../training/training-log.ts";
import { type ContinuedModel, growVocabulary } from "./continue-model.ts";
import { epochPlan } from "./epoch-plan.ts";
import { fitSides, sidesOf } from "./fit-sides.ts";
import { type EncodedContent, encodeContent } from "./item-content.ts";
import { isNextFilms, type NetworkRecipe, validationMetric } from "./recipe.ts";
import type { RunFolder, RunRecord } from "./run-folder.ts";
import type { TrainedModel } from "./trained-model.ts";
import { type Resources, type TrainerSettings, trainerSettings } from "./trainer-settings.ts";
import { requireTrainingMemory } from "./training-memory.ts";

/** A checkpoint is written at least this often, in seconds. */
const CHECKPOINT_SECONDS = 240;

export interface NetworkTraining {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly split: AnySplit;
  /** What is known of users and items, for a recipe that reads it. */
  readonly features: FeatureSet;
  /** What the list of films says of items, for films that come later. */
  readonly films: FeatureTable | null;
  /** A model to go on from, whose items come first among those of the split. */
  readonly from?: ContinuedModel | undefined;
  readonly resources: Resources;
  /** For a recipe that learns from them. */
  readonly teachers?: readonly Teacher[] | undefined;
  readonly signal: AbortSignal;
  /** Default: 240. */
  readonly checkpointSeconds?: number | undefined;
}

/**
 * @throws InterruptedError after `signal`, with a checkpoint written.
 * @throws EnvironmentError when a loss is not finite, or the disk is full.
 */
export async function trainNetwork(
  recipe: NetworkRecipe,
  training: NetworkTraining,
): Promise<TrainedModel> {
  const train = trainingInteractions(training.split);
  requireTrainingMemory(recipe, train.itemIds.length);
  const { features, from } = training;
  const films = mayGrow(recipe) ? training.films : null;
  const described = recipe.model.content ? features.items : films;
  const known = from?.network.tower?.encoding;
  const encoded = encodeContent(recipe, train.itemIds, described, known);
  const content = recipe.model.content ? encoded?.content : undefined;
  const sideValues = fitSides(recipe, train, features);
  const settings = withStart(
    trainerSettings(recipe, train, training.resources, sideValues, content),
    from && growVocabulary(from, train.itemIds, described),
  );
  const { weights, best, ...rest } = await trainIn(recipe, sideValues, settings, training);
  await writeReport(recipe, training);
  const { config, itemFeatures } = settings.network;
  const network = createNetwork({ config, dropoutRate: 0, itemFeatures });
  const { parameters: specs } = createNetwork(settings.network);
  const plain = content ? foldContent(weights, specs, content) : weights;
  const graph = networkOnnx(network, plain, { weights: recipe.storedWeights });
  const input = networkInput(config);
  return {
    kind: config.kind,
    input,
    config: recordedConfig(config, recipe),
    graph,
    content:
      encoded && mayGrow(recipe)
        ? await fitTower(encoded, settings, plain, countsOf(train, from))
        : null,
    training: {
      parameters: countParameters(network.parameters),
      ...rest,
      validation: best,
      stored: await validateStored(graph, input, recipe, training),
    },
  };
}

/** How values become numbers is said of the input; here only which are read. */
function recordedConfig(config: NetworkConfig, recipe: NetworkRecipe): TrainedModel["config"] {
  const sides = [...sidesOf(recipe)];
  const { kind: _, sides: _values, ...others } = { sides, ...config };
  return sides.length > 0 ? { ...others, sides } : others;
}

/** Networks that read sides cannot be changed after training, nor those of the next films. */
function mayGrow(recipe: NetworkRecipe): boolean {
  return !isNextFilms(recipe) && sidesOf(recipe).length === 0;
}

/** From content to what was learnt of the items, for films that come later. */
async function fitTower(
  encoded: EncodedContent,
  { network: { config } }: TrainerSettings,
  flat: Float32Array,
  counts: Int32Array,
): Promise<ContentTower> {
  return fitContentTower(await loadRuntime(), encoded, itemRowsOf(config, flat), counts);
}

/**
 * Training interactions; items that a model was trained on before have had one, at least, but not
 * those that were added to it by their content, which stand last.
 */
function countsOf(train: Interactions, from: ContinuedModel | undefined): Int32Array {
  const { numItems = 0, numNewcomers = 0 } = from?.manifest ?? {};
  const numKnown = numItems - numNewcomers;
  return countItems(train).map((count, item) => (item < numKnown ? count + 1 : count));
}

/** The weights of a model to go on from, where there is one, as those that training starts with. */
function withStart(settings: TrainerSettings, grown: GrownNetwork | undefined): TrainerSettings {
  if (!grown) return settings;
  const { network } = settings;
  const specs = createNetwork(network).parameters;
  const weights = network.content ? unfoldContent(grown.flat, specs) : grown.flat;
  return { ...settings, network: { ...network, weights } };
}

async function trainIn(
  recipe: NetworkRecipe,
  sideValues: SideValues,
  settings: TrainerSettings,
  training: NetworkTraining,
): Promise<TrainingResult> {
  const { folder, split, signal, checkpointSeconds = CHECKPOINT_SECONDS } = training;
  const teaching = await teachingOf(recipe, training, settings);
  const trainer = connectTrainer(startWorker(settings));
  const log = openTrainingLog(folder.log);
  try {
    return await runTraining({
      ...plan(recipe, split, sideValues, teaching),
      trainer,
      validation: validationOf(recipe, training, settings),
      choice: recipe.optimizer.averageDecay > 0 ? "average" : "weights",
      checkpointFolder: folder.checkpoints,
      checkpointSeconds,
      log,
      signal,
      startProgress: (epoch, numSteps) => startProgress(`epoch ${epoch}`, numSteps, "steps"),
    });
  } finally {
    log.close();
    await trainer.dispose();
  }
}

async function teachingOf(
  recipe: NetworkRecipe,
  { split, teachers = [], signal }: NetworkTraining,
  { trainer: { session } }: TrainerSettings,
): Promise<Teaching | undefined> {
  const distillation = "distillation" in recipe ? recipe.distillation : null;
  if (!distillation) return undefined;
  const train = trainingInteractions(split);
  if (distillation.numItems > train.itemIds.length) {
    throw new InputError(
      `recipe ${recipe.name}: distillation.numItems: expected at most the ${train.itemIds.length} items of these data, got ${distillation.numItems}`,
    );
  }
  const runtime = await loadRuntime();
  const ask = (onProgress: (done: number, total: number) => void): Promise<Teaching> =>
    teach(runtime, teachers, train, {
      ...distillation,
      maxLength: recipe.model.maxLength,
      session,
      onProgress: async (done, total) => {
        await heedInterruption(signal, "stopped while teachers were asked; run it again");
        onProgress(done, total);
      },
    });
  return withProgress("asking teachers", ask, "windows");
}

/** Worker threads need JavaScript: from the sources, as in tests, the built file is used. */
function startWorker(workerData: TrainerSettings): Worker {
  const beside = new URL("./training-worker.js", import.meta.url);
  const built = new URL("../../dist/recipes/training-worker.js", import.meta.url);
  return new Worker(existsSync(fileURLToPath(beside)) ? beside : built, { workerData });
}

/** Which steps are made, with which learning rates. */
function plan(
  recipe: NetworkRecipe,
  split: AnySplit,
  sideValues: SideValues,
  teaching: Teaching | undefined,
): Pick<TrainingRun, "numEpochs" | "epochSteps" | "learningRate"> {
  const epochs = epochPlan(recipe, split, sideValues, teaching);
  const numSteps = epochs.map((steps) => steps().numSteps);
  const lastSteps = runningSums(numSteps);
  if (lastSteps[lastSteps.length - 1] === 0) {
    throw new InputError(
      `recipe ${recipe.name}: no user has two interactions to train on, so there is nothing to predict; give more data or hold less out`,
    );
  }
  const { kind, warmupSteps, decayEpochs = Number.POSITIVE_INFINITY } = recipe.schedule;
  const factor = createSchedule({
    kind,
    totalSteps: lastSteps[lastSteps.length - 1],
    warmupSteps,
    decaysAfter: lastSteps.filter((_, index) => (index + 1) % decayEpochs === 0),
  });
  return {
    numEpochs: epochs.length,
    epochSteps: (epoch) => epochs[epoch - 1](),
    learningRate: (step) => recipe.optimizer.learningRate * factor(step),
  };
}

function runningSums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => {
    sum += value;
    return sum;
  });
}

function validationOf(
  recipe: NetworkRecipe,
  training: NetworkTraining,
  settings: TrainerSettings,
): Validation | null {
  const metric = validationMetric(recipe);
  if (recipe.validation === null || metric === null) return null;
  const { everyEpochs, patience } = recipe.validation;
  return {
    metric,
    everyEpochs,
    patience: patience ?? Number.POSITIVE_INFINITY,
    measure: (trainer, choice) =>
      validate(scoringWith(trainer, choice, settings.network.config), training),
  };
}

function validate(
  recommender: Recommender,
  { split, features }: Pick<NetworkTraining, "split" | "features">,
): Promise<Record<string, number>> {
  return measureValidation(recommender, split, { batchSize: SCORING_BATCH, users: features.users });
}

/** What rounded weights still reach on the validation rows; null where nothing is rounded. */
async function validateStored(
  graph: Uint8Array,
  input: OnnxModel["input"],
  recipe: NetworkRecipe,
  training: NetworkTraining,
): Promise<{ metric: string; value: number } | null> {
  const metric = validationMetric(recipe);
  if (metric === null || recipe.storedWeights === "float32") return null;
  const { numThreads } = training.resources;
  const metrics = await validateGraph(graph, input, recipe.name, training, numThreads);
  return { metric, value: metrics[metric] };
}

/** What a bundle's graph reaches on the validation rows, e.g. `{"ndcg@10": 0.17}`. */
export async function validateGraph(
  graph: Uint8Array,
  input: OnnxModel["input"],
  name: string,
  known: Pick<NetworkTraining, "split" | "features">,
  numThreads: number,
): Promise<Record<string, number>> {
  const session = await (await loadRuntime()).createSession(graph, { numThreads });
  const numItems = allInteractions(known.split).itemIds.length;
  const recommender = createOnnxRecommender(session, { name, numItems, input });
  return validate(recommender, known).finally(() => recommender.dispose());
}

/** Histories scored at once, and the steps of their lengths: few shapes to compile. */
const SCORING_BATCH = 64;
const SCORING_LENGTH_STEP = 50;

/** The model under training, as a recommender. */
function scoringWith(
  trainer: TrainerPort,
  choice: WeightsChoice,
  config: NetworkConfig,
): Recommender {
  const { kind, numItems, maxLength } = config;
  const input = networkInput(config);
  return {
    name: kind,
    numItems,
    score: async (histories) => {
      const longest = Math.max(...histories.map((history) => sequenceLength(history, input)));
      const length = Math.ceil(longest / SCORING_LENGTH_STEP) * SCORING_LENGTH_STEP;
      const shape = [SCORING_BATCH, Math.min(length, maxLength)] as const;
      const scores = await trainer.score(historyInputs(histories, shape, input, numItems), choice);
      return scores.subarray(0, histories.length * numItems);
    },
    dispose: async () => {},
  };
}

async function writeReport(recipe: NetworkRecipe, training: NetworkTraining): Promise<void> {
  // The plotting library takes longer to load than most commands take to run.
  const { renderReport } = await import("../training/report.ts");
  const { folder, record } = training;
  const { data, environment } = record;
  const lines = readTrainingLog(folder.log);
  await writeFileAtomic(
    folder.report,
    renderReport(lines, { title: recipe.name, recipe, data, environment }),
  );
}
