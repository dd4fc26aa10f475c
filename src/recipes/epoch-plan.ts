/**
 * The steps of every epoch that a recipe asks for.
 */
import { InternalError } from "../common/errors.ts";
import type { Random } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import { createNegativeSampler, type NegativeDraws } from "../data/negatives.ts";
import { type NextFilmsSplit, trainableRows } from "../data/next-films.ts";
import { type AnySplit, trainingInteractions } from "../data/split.ts";
import { maskedSteps } from "../models/masked-steps.ts";
import { nextFilmsSteps } from "../models/next-films-steps.ts";
import { nextItemSteps } from "../models/next-item-steps.ts";
import { countItems } from "../models/popularity.ts";
import type { SideValues } from "../models/side-batches.ts";
import type { Teaching } from "../models/teaching.ts";
import type { EpochSteps } from "../training/loop.ts";
import {
  type Bert4RecRecipe,
  isBert4Rec,
  isNextFilms,
  type NetworkRecipe,
  type NextItemRecipe,
  numPredicted,
} from "./recipe.ts";

/** One function for each epoch; the same call gives the same steps. */
export function epochPlan(
  recipe: NetworkRecipe,
  split: AnySplit,
  sideValues: SideValues,
  teaching?: Teaching,
): (() => EpochSteps)[] {
  const { seed, batchSize, accumulation, model } = recipe;
  const shared = { seed, embeddingDim: model.embeddingDim, batchSize, accumulation, sideValues };
  if (isNextFilms(recipe)) {
    const nextFilms = requireNextFilms(recipe, split);
    const { task } = nextFilms;
    const own = {
      ...shared,
      isTrainable: trainableRows(nextFilms),
      numPredicted: numPredicted(recipe),
    };
    return byEpoch(recipe.stages, (_, epoch) => nextFilmsSteps(task, epoch, own));
  }
  const train = trainingInteractions(split);
  const options = { ...shared, drawNegatives: negativesOf(recipe, train) };
  if (isBert4Rec(recipe)) {
    const own = { ...options, numItems: train.itemIds.length, masking: recipe.masking };
    return byEpoch(recipe.stages, ({ windowLength, shortestWindow }, epoch) =>
      maskedSteps(train, { longest: windowLength, shortest: shortestWindow }, epoch, own),
    );
  }
  return byEpoch(recipe.stages, ({ windowLength, targetsPerWindow = windowLength }, epoch) =>
    nextItemSteps(train, { numInputs: windowLength, numTargets: targetsPerWindow }, epoch, {
      ...options,
      teaching,
    }),
  );
}

function byEpoch<Stage extends { readonly epochs: number }>(
  stages: readonly Stage[],
  steps: (stage: Stage, epoch: number) => EpochSteps,
): (() => EpochSteps)[] {
  return stages
    .flatMap((stage) => new Array<Stage>(stage.epochs).fill(stage))
    .map((stage, index) => () => steps(stage, index + 1));
}

/** A recipe is checked for it when it is read. */
function requireNextFilms({ name }: NetworkRecipe, split: AnySplit): NextFilmsSplit {
  if (split.kind === "next-films") return split;
  throw new InternalError(`recipe ${name}: its model is not for a ${split.kind} split`);
}

function negativesOf(
  { loss }: Bert4RecRecipe | NextItemRecipe,
  train: Interactions,
): ((random: Random) => NegativeDraws) | undefined {
  if (loss.kind === "softmax") return undefined;
  // gBCE counts on draws that are uniform.
  const distribution = loss.kind === "gbce" ? "uniform" : loss.distribution;
  const sampler = createNegativeSampler(distribution, countItems(train));
  return (random) => sampler.draw(loss.numNegatives, random);
}
