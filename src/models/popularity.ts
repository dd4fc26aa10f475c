/**
 * Popularity: everyone is shown what most have chosen. The number below which no model may fall.
 */
import type { Interactions } from "../data/interactions.ts";
import type { Recommender } from "./recommender.ts";
import { createRowRecommender } from "./score-rows.ts";
import type { Weight } from "./weights.ts";

export interface PopularityWeights {
  readonly kind: "popularity";
  readonly options: Readonly<Record<string, never>>;
  readonly tensors: {
    /** Interactions of each item in training: `[N]`. */
    readonly counts: Weight<"int32">;
  };
}

/** How often each item occurs: `[N]`. */
export function countItems(interactions: Interactions): Int32Array {
  const counts = new Int32Array(interactions.itemIds.length);
  for (const item of interactions.items) counts[item]++;
  return counts;
}

/**
 * What a model that counts votes says of someone it knows nothing of: each item's count as a share
 * of the largest, `[N]`.
 */
export function popularityShares(train: Interactions): Weight<"float32"> {
  const counts = countItems(train);
  const largest = counts.reduce((a, b) => Math.max(a, b), 1);
  const data = Float32Array.from(counts, (count) => count / largest);
  return { dtype: "float32", shape: [data.length], data };
}

export function fitPopularity(train: Interactions): PopularityWeights {
  const data = countItems(train);
  return {
    kind: "popularity",
    options: {},
    tensors: { counts: { dtype: "int32", shape: [data.length], data } },
  };
}

export function createPopularityRecommender(weights: PopularityWeights): Recommender {
  const counts = weights.tensors.counts.data;
  return createRowRecommender("popularity", counts.length, (_items, row) => row.set(counts));
}
