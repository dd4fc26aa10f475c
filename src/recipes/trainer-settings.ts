/**
 * What the training thread is told: plain data, because it crosses threads.
 */
import type { Interactions } from "../data/interactions.ts";
import type { ItemContent } from "../models/content-rows.ts";
import { itemFactors } from "../models/item-factors.ts";
import type { NetworkConfig, NetworkSettings } from "../models/networks.ts";
import { countItems } from "../models/popularity.ts";
import type { SideValues } from "../models/side-batches.ts";
import { NO_SIDES, type SideInformation } from "../models/side-information.ts";
import { positiveExponent } from "../nn/sampled-losses.ts";
import type { Device } from "../runtime/session.ts";
import type { TrainerOptions } from "../training/trainer.ts";
import { isBert4Rec, isNextFilms, type NetworkRecipe, numPredicted } from "./recipe.ts";

export interface TrainerSettings {
  readonly network: NetworkSettings;
  readonly trainer: TrainerOptions;
}

export interface Resources {
  readonly numThreads: number;
  readonly device: Device;
}

/** How far factors lie from zero: far enough for what they say not to drown in what starts random. */
const FACTOR_DEVIATION = 0.1;

export function trainerSettings(
  recipe: NetworkRecipe,
  train: Interactions,
  resources: Resources,
  { sides, items: itemFeatures }: Pick<SideValues, "sides" | "items">,
  content?: ItemContent,
): TrainerSettings {
  const { dropoutRate, itemStart } = recipe.model;
  const config = networkConfig(recipe, train.itemIds.length, sides);
  const items =
    itemStart === "factors"
      ? itemFactors(train, config.embeddingDim, FACTOR_DEVIATION, recipe.seed)
      : undefined;
  const { maxGradientNorm, averageDecay, itemRateShare, ...optimizer } = recipe.optimizer;
  const { beta1, beta2, epsilon, weightDecay } = optimizer;
  const { popularityHandicap = 0 } = isNextFilms(recipe) ? {} : recipe.loss;
  const logs = logFrequencies(train);
  const handicap =
    popularityHandicap > 0 ? logs.map((value) => popularityHandicap * value) : undefined;
  return {
    network: {
      config,
      content,
      dropoutRate,
      start: {
        itemBias: startOfBiases(recipe, train, logs),
        items,
        itemRateShare,
        isAveraging: isBert4Rec(recipe) && recipe.model.blockStart === "averaging",
      },
      loss: {
        handicap,
        ...(recipe.loss.kind === "gbce" && { calibration: recipe.loss.calibration }),
        ...("labelSmoothing" in recipe.loss && { smoothing: recipe.loss.labelSmoothing }),
      },
      ...(isNextFilms(recipe) && { nextItemsLoss: recipe.loss.kind }),
      ...(itemFeatures && { itemFeatures }),
    },
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

/** What remains of a recipe's model when training is over. */
export function networkConfig(
  { model }: NetworkRecipe,
  numItems: number,
  sides: SideInformation = NO_SIDES,
): NetworkConfig {
  if (model.kind === "bert4rec") {
    const {
      dropoutRate: _,
      itemStart: _start,
      blockStart: _blocks,
      content: _c,
      ...config
    } = model;
    return { ...config, numItems };
  }
  const { dropoutRate: _, itemStart: _start, content: _c, ...config } = model;
  if (config.kind === "gru4rec") return { ...config, numItems };
  const { hiddenSideShare: _share, sides: names, ...others } = config;
  if (others.kind === "informative-encoder") return { ...others, numItems, sides };
  // What is left out is what models were before there was a choice.
  const { positions, block, ...sasrec } = others;
  return {
    ...sasrec,
    numItems,
    ...(positions === "relative" && { positions }),
    ...(block === "gated" && { block }),
    ...(names.length > 0 && { sides }),
  };
}

/** What the loss makes of popularity alone. @param logs - of `logFrequencies`. */
function startOfBiases(
  recipe: NetworkRecipe,
  train: Interactions,
  logs: Float32Array,
): Float32Array {
  if (isNextFilms(recipe)) {
    const isBinary = recipe.loss.kind === "binary";
    return isBinary ? logOdds(train, numPredicted(recipe)) : logs;
  }
  const { loss } = recipe;
  const whole = loss.kind === "gbce" ? logOddsAgainstDraws(train, loss) : logs;
  return whole.map((value, item) => value - loss.popularityHandicap * logs[item]);
}

/** The logarithm of each item's share of the training rows, one added to each count, centred. */
function logFrequencies(train: Interactions): Float32Array {
  const logs = Float32Array.from(countItems(train), (count) => Math.log(count + 1));
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  return logs.map((value) => value - mean);
}

/** The log odds of each item being among `numTargets` that come next, one added to each count. */
function logOdds(train: Interactions, numTargets: number): Float32Array {
  const counts = countItems(train);
  const total = counts.reduce((sum, count) => sum + count + 1, 1);
  return Float32Array.from(counts, (count) => {
    const logAbsent = numTargets * Math.log1p(-(count + 1) / total);
    return Math.log(-Math.expm1(logAbsent)) - logAbsent;
  });
}

/**
 * Where the gradient of gBCE's biases is zero: the log odds of each item being a target rather than
 * one of the negatives of another, as it weighs them.
 */
function logOddsAgainstDraws(
  train: Interactions,
  { numNegatives, calibration }: { readonly numNegatives: number; readonly calibration: number },
): Float32Array {
  const numItems = train.itemIds.length;
  const worth = positiveExponent(numNegatives, numItems, calibration);
  const shift = Math.log((worth * numItems) / numNegatives);
  return logOdds(train, 1).map((value) => value + shift);
}
