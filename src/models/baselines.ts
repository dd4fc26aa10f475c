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
import {
  createCountingAlong,
  createRecentPopularityRecommender,
  fitRecentPopularity,
  RECENT_POPULARITY,
  type RecentPopularityOptions,
  type RecentPopularityWeights,
} from "./recent-popularity.ts";
import type { Recommender } from "./recommender.ts";

/** The settings of each baseline. */
export interface BaselineOptions {
  popularity: Readonly<Record<string, never>>;
  "recent-popularity": RecentPopularityOptions;
  "item-knn": ItemKnnOptions;
  markov: MarkovOptions;
  ease: EaseOptions;
}

export type BaselineKind = keyof BaselineOptions;

/** What a baseline has learnt; `kind` says which one. */
export type BaselineWeights =
  | PopularityWeights
  | RecentPopularityWeights
  | ItemKnnWeights
  | MarkovWeights
  | EaseWeights;

const fits: {
  [K in BaselineKind]: (
    train: Interactions,
    options: BaselineOptions[K],
  ) => BaselineWeights | Promise<BaselineWeights>;
} = {
  popularity: fitPopularity,
  "recent-popularity": fitRecentPopularity,
  "item-knn": fitItemKnn,
  markov: fitMarkov,
  ease: fitEase,
};

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
  if (weights.kind === RECENT_POPULARITY) return createRecentPopularityRecommender(weights);
  if (weights.kind === "item-knn") return createItemKnnRecommender(weights);
  if (weights.kind === "markov") return createMarkovRecommender(weights);
  return createEaseRecommender(weights);
}

/**
 * What stands for a model when it is measured, where that is not the model as it was fitted: a
 * site counts along, so that what is recent is counted up to each query, of all `interactions`.
 * @returns null for every kind but "recent-popularity".
 * @throws InputError as `createCountingAlong` does.
 */
export function keptUpToDate(
  { kind, config }: { readonly kind: string; readonly config: Readonly<Record<string, unknown>> },
  interactions: Interactions,
): Recommender | null {
  if (kind !== RECENT_POPULARITY) return null;
  return createCountingAlong(interactions, { days: Number(config.days) });
}
