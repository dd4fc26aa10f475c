/**
 * The steps of every epoch that a recipe asks for.
 */
import type { Random } from "../common/random.ts";
import type { Interactions } from "../data/interactions.ts";
import { createNegativeSampler, type NegativeDraws } from "../data/negatives.ts";
import { maskedSteps } from "../models/masked-steps.ts";
import { nextItemSteps } from "../models/next-item-steps.ts";
import { countItems } from "../models/popularity.ts";
import type { EpochSteps } from "../training/loop.ts";
import { isBert4Rec, type NetworkRecipe } from "./recipe.ts";

/** One function for each epoch; the same call gives the same steps. */
export function epochPlan(recipe: NetworkRecipe, train: Interactions): (() => EpochSteps)[] {
  const { seed, batchSize, accumulation, model } = recipe;
  const options = {
    seed,
    embeddingDim: model.embeddingDim,
    batchSize,
    accumulation,
    drawNegatives: negativesOf(recipe, train),
  };
  if (isBert4Rec(recipe)) {
    const own = { ...options, numItems: train.itemIds.length, masking: recipe.masking };
    return byEpoch(recipe.stages, ({ windowLength, shortestWindow }, epoch) =>
      maskedSteps(train, { longest: windowLength, shortest: shortestWindow }, epoch, own),
    );
  }
  return byEpoch(recipe.stages, ({ windowLength, targetsPerWindow = windowLength }, epoch) =>
    nextItemSteps(train, { numInputs: windowLength, numTargets: targetsPerWindow }, epoch, options),
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

function negativesOf(
  { loss }: NetworkRecipe,
  train: Interactions,
): ((random: Random) => NegativeDraws) | undefined {
  if (loss.kind === "softmax") return undefined;
  // gBCE counts on draws that are uniform.
  const distribution = loss.kind === "gbce" ? "uniform" : loss.distribution;
  const sampler = createNegativeSampler(distribution, countItems(train));
  return (random) => sampler.draw(loss.numNegatives, random);
}
