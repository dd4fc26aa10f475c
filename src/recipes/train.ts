/**
 * Trains a model from a recipe and data, into a folder: what `usher train` does.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type Progress, startProgress } from "../common/progress.ts";
import type { LoadOptions } from "../data/dataset.ts";
import { type Split, trainingInteractions } from "../data/split.ts";
import { measure } from "../evaluation/evaluate.ts";
import { maskedHistories, scoringLength } from "../models/bert4rec-scoring.ts";
import { bert4recSteps } from "../models/bert4rec-training.ts";
import type { Recommender } from "../models/recommender.ts";
import { createSchedule } from "../optim/schedules.ts";
import type { EpochSteps, TrainingResult, TrainingRun, Validation } from "../training/loop.ts";
import { runTraining } from "../training/loop.ts";
import type { WeightsChoice } from "../training/trainer.ts";
import { connectTrainer, type TrainerPort } from "../training/trainer-thread.ts";
import { openTrainingLog } from "../training/training-log.ts";
import { type PreparedData, prepareData, splitData } from "./prepare-data.ts";
import type { Recipe } from "./recipe.ts";
import {
  describeEnvironment,
  openRunFolder,
  RUN_FORMAT_VERSION,
  type RunFolder,
} from "./run-folder.ts";
import { type Resources, type TrainerSettings, trainerSettings } from "./trainer-settings.ts";

export interface TrainOptions {
  /** Folders or files of data; several are joined over one catalog of films. */
  readonly data: readonly string[];
  /** Column names and the like, for data of your own. */
  readonly load?: LoadOptions;
  /** The folder to write, new or empty unless `resume`. */
  readonly out: string;
  /** Go on from the checkpoint in `out`. Default: false. */
  readonly resume?: boolean;
  /** Default: one thread for each core, on the CPU. */
  readonly resources?: Partial<Resources>;
  /** Ends the training after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** A checkpoint is written at least this often. */
const CHECKPOINT_SECONDS = 240;

/**
 * @throws InputError for anything wrong with the recipe, the data or the folder.
 * @throws InterruptedError after `signal`.
 */
export async function train(recipe: Recipe, options: TrainOptions): Promise<TrainingResult> {
  const { numThreads = 0, device = "cpu" } = options.resources ?? {};
  const data = await prepareData(options.data, recipe, options.load);
  const record = {
    formatVersion: RUN_FORMAT_VERSION,
    recipe,
    data: { names: data.names, fingerprint: data.fingerprint },
    environment: describeEnvironment(numThreads, device),
  };
  const folder = await openRunFolder(options.out, record, options.resume ?? false);
  try {
    return await trainIn(folder, recipe, data, { numThreads, device }, options);
  } finally {
    await folder.release();
  }
}

async function trainIn(
  folder: RunFolder,
  recipe: Recipe,
  data: PreparedData,
  resources: Resources,
  { signal = new AbortController().signal }: TrainOptions,
): Promise<TrainingResult> {
  const split = splitData(data.interactions, recipe.split);
  const settings = trainerSettings(recipe, trainingInteractions(split), resources);
  const trainer = connectTrainer(startWorker(settings));
  const log = openTrainingLog(folder.log);
  try {
    return await runTraining({
      ...schedule(recipe, split),
      trainer,
      validation: validation(recipe, split, settings),
      choice: recipe.optimizer.averageDecay > 0 ? "average" : "weights",
      checkpointFolder: folder.checkpoints,
      checkpointSeconds: CHECKPOINT_SECONDS,
      log,
      signal,
      startProgress: (epoch, numSteps): Progress =>
        startProgress(`epoch ${epoch}`, numSteps, "steps"),
    });
  } finally {
    log.close();
    await trainer.dispose();
  }
}

/** Worker threads need JavaScript: from the sources, as in tests, the built file is used. */
function startWorker(workerData: TrainerSettings): Worker {
  const beside = new URL("./training-worker.js", import.meta.url);
  const built = new URL("../../dist/recipes/training-worker.js", import.meta.url);
  return new Worker(existsSync(fileURLToPath(beside)) ? beside : built, { workerData });
}

function schedule(
  recipe: Recipe,
  split: Split,
): Pick<TrainingRun, "numEpochs" | "epochSteps" | "learningRate"> {
  const { stages, batchSize, accumulation, masking, seed, optimizer } = recipe;
  const interactions = trainingInteractions(split);
  const numItems = interactions.itemIds.length;
  const windowLengths = stages.flatMap((stage) =>
    new Array<number>(stage.epochs).fill(stage.windowLength),
  );
  const options = { seed, numItems, batchSize, accumulation, masking };
  const epochSteps = (epoch: number): EpochSteps =>
    bert4recSteps(interactions, windowLengths[epoch - 1], epoch, options);
  const { kind, warmupSteps, decayEpochs } = recipe.schedule;
  const stepsOf = windowLengths.map((_, index) => epochSteps(index + 1).numSteps);
  const totalSteps = stepsOf.reduce((sum, steps) => sum + steps, 0);
  const factor = createSchedule({
    kind,
    totalSteps,
    warmupSteps,
    ...(decayEpochs && { stepSize: decayEpochs * stepsOf[0] }),
  });
  return {
    numEpochs: windowLengths.length,
    epochSteps,
    learningRate: (step) => optimizer.learningRate * factor(step),
  };
}

function validation(recipe: Recipe, split: Split, settings: TrainerSettings): Validation | null {
  if (recipe.validation === null) return null;
  const { metric, everyEpochs, patience } = recipe.validation;
  return {
    metric,
    everyEpochs,
    patience: patience ?? Number.POSITIVE_INFINITY,
    measure: (trainer, choice) =>
      measure(scoringWith(trainer, choice, settings), split, {
        protocol: "full",
        rows: "validation",
        ks: [10],
        batchSize: SCORING_BATCH,
      }),
  };
}

/** Histories scored at once, and the steps of their lengths: few shapes to compile. */
const SCORING_BATCH = 64;
const SCORING_LENGTH_STEP = 50;

/** The model under training, as a recommender. */
function scoringWith(
  trainer: TrainerPort,
  choice: WeightsChoice,
  { config }: TrainerSettings,
): Recommender {
  const { numItems, maxLength } = config;
  return {
    name: "bert4rec",
    numItems,
    score: async (histories) => {
      const length = scoringLength(histories, maxLength, SCORING_LENGTH_STEP);
      const tokens = maskedHistories(histories, [SCORING_BATCH, length], numItems);
      const scores = await trainer.score(tokens, choice);
      return scores.subarray(0, histories.length * numItems);
    },
    dispose: async () => {},
  };
}
