/**
 * What the training thread is told: plain data, because it crosses threads.
 */
import type { Interactions } from "../data/interactions.ts";
import { type Bert4RecConfig, type Bert4RecStart, ITEM_DEVIATION } from "../models/bert4rec.ts";
import { itemFactors } from "../models/item-factors.ts";
import { countItems } from "../models/popularity.ts";
import type { Device } from "../runtime/session.ts";
import type { TrainerOptions } from "../training/trainer.ts";
import type { NetworkRecipe } from "./recipe.ts";

export interface TrainerSettings {
  readonly config: Bert4RecConfig;
  readonly dropoutRate: number;
  readonly start: Bert4RecStart;
  /** As in `Bert4RecLossOptions`. */
  readonly handicap?: Float32Array | undefined;
  readonly trainer: TrainerOptions;
}

export interface Resources {
  readonly numThreads: number;
  readonly device: Device;
}

export function trainerSettings(
  recipe: NetworkRecipe,
  train: Interactions,
  resources: Resources,
): TrainerSettings {
  const { kind: _, dropoutRate, itemStart, blockStart, ...network } = recipe.model;
  const items =
    itemStart === "factors"
      ? itemFactors(train, network.embeddingDim, ITEM_DEVIATION, recipe.seed)
      : undefined;
  const { maxGradientNorm, averageDecay, itemRateShare, ...optimizer } = recipe.optimizer;
  const { beta1, beta2, epsilon, weightDecay } = optimizer;
  const { popularityHandicap } = recipe.loss;
  const logs = logFrequencies(train);
  return {
    config: { ...network, numItems: train.itemIds.length },
    dropoutRate,
    start: {
      itemBias: logs.map((value) => (1 - popularityHandicap) * value),
      items,
      itemRateShare,
      isAveraging: blockStart === "averaging",
    },
    ...(popularityHandicap > 0 && { handicap: logs.map((value) => popularityHandicap * value) }),
    trainer: {
      seed: recipe.seed,
      averageDecay,
      maxGradientNorm: maxGradientNorm ?? Number.POSITIVE_INFINITY,
      beta1,
      beta2,
      epsilon,
      weightDecay,
      session: resources,
    },
  };
}

/** The logarithm of each item's share of the training rows, one added to each count, centred. */
function logFrequencies(train: Interactions): Float32Array {
  const logs = Float32Array.from(countItems(train), (count) => Math.log(count + 1));
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  return logs.map((value) => value - mean);
}
