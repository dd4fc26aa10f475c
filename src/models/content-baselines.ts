/**
 * Recommenders that need to know of a film only what it is, not who watched it: what a tower for
 * new films must outdo. Films are alike by the cosine of their features.
 */
import { topK } from "../metrics/top-k.ts";
import type { ItemContent } from "./content-rows.ts";
import { toUnitLength } from "./item-vectors.ts";
import type { Recommender } from "./recommender.ts";
import { createRowRecommender } from "./score-rows.ts";

/**
 * Content-kNN: a film scores the sum of its likenesses to the films of the history.
 * @param recency - the film `t` places before the last counts `recency ** t`; 1 is all alike.
 */
export function createContentKnn(
  { numFeatures, values }: ItemContent,
  recency: number,
): Recommender {
  const { values: rows } = toUnitLength(values, numFeatures);
  const numItems = rows.length / numFeatures;
  return createRowRecommender("content-kNN", numItems, (items, row) => {
    // The sum of cosines is the product with the weighted sum of the history's rows.
    const profile = new Float64Array(numFeatures);
    for (let i = 0; i < items.length; i++) {
      const weight = recency ** (items.length - 1 - i);
      for (let f = 0; f < numFeatures; f++) profile[f] += weight * rows[items[i] * numFeatures + f];
    }
    for (let item = 0; item < numItems; item++) {
      for (let f = 0; f < numFeatures; f++) row[item] += rows[item * numFeatures + f] * profile[f];
    }
  });
}

/**
 * Popularity, where a film that nobody could watch is as popular as the mean of those most like it.
 * @param counts - training interactions: `[N]`.
 * @param isNew - 1 for a film without a count: `[N]`.
 */
export function createSimilarPopularity(
  { numFeatures, values }: ItemContent,
  counts: ArrayLike<number>,
  isNew: Uint8Array,
  numNeighbors: number,
): Recommender {
  const { values: rows } = toUnitLength(values, numFeatures);
  const scores = Float32Array.from(isNew, (value, item) => {
    if (value === 0) return counts[item];
    const likeness = Float64Array.from(isNew, (_, other) => {
      let sum = 0;
      for (let f = 0; f < numFeatures; f++) {
        sum += rows[item * numFeatures + f] * rows[other * numFeatures + f];
      }
      return sum;
    });
    const nearest = topK(likeness, numNeighbors, isNew);
    return nearest.reduce((sum, other) => sum + counts[other], 0) / Math.max(nearest.length, 1);
  });
  return createRowRecommender("popularity of similar films", isNew.length, (_items, row) =>
    row.set(scores),
  );
}
