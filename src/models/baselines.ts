/**
 * The baselines by name: their settings, what they learn, and how to make a recommender of it.
 */
import type { Interactions } from "../data/interactions.ts";
import { createEaseRecommender, type EaseOptions, type EaseWeights } from "./ease.ts";
import { fitEase } from "./ease-fit.ts";
import {
  createItemKnnRecommender,
  fitItemKnn,
  type ItemKnnOptions,
  type ItemKnnWeights,
} from "./item-knn.ts";
import {
  createMarkovRecommender,
  fitMarkov,
  type MarkovOptions,
  type MarkovWeights,
} from "./markov.ts";
import {
  createPopularityRecommender,
  fitPopularity,
  type PopularityWeights,
} from "./popularity.ts";
import type { Recommender } from "./recommender.ts";

/** The settings of each baseline. */
export interface BaselineOptions {
  popularity: Readonly<Record<string, never>>;
  "item-knn": ItemKnnOptions;
  markov: MarkovOptions;
  ease: EaseOptions;
}

export type BaselineKind = keyof BaselineOptions;

/** What a baseline has learnt; `kind` says which one. */
export type BaselineWeights = PopularityWeights | ItemKnnWeights | MarkovWeights | EaseWeights;

const fits: {
  [K in BaselineKind]: (
    train: Interactions,
    options: BaselineOptions[K],
  ) => BaselineWeights | Promise<BaselineWeights>;
} = { popularity: fitPopularity, "item-knn": fitItemKnn, markov: fitMarkov, ease: fitEase };

/** @throws InputError when a setting is out of range or the model does not fit into memory. */
export async function fitBaseline<K extends BaselineKind>(
  kind: K,
  train: Interactions,
  options: BaselineOptions[K],
): Promise<BaselineWeights> {
  return fits[kind](train, options);
}

export function createBaselineRecommender(weights: BaselineWeights): Recommender {
  if (weights.kind === "popularity") return createPopularityRecommender(weights);
  if (weights.kind === "item-knn") return createItemKnnRecommender(weights);
  if (weights.kind === "markov") return createMarkovRecommender(weights);
  return createEaseRecommender(weights);
}
