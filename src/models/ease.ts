/**
 * EASE: a linear model from the films of a history to all films (Steck, "Embarrassingly Shallow
 * Autoencoders for Sparse Data", WWW 2019). To an empty history, of which the paper's model says
 * nothing, ours says what is popular. This file scores; `ease-fit.ts` learns.
 */
import type { Recommender } from "./recommender.ts";
import { createRowRecommender } from "./score-rows.ts";
import type { Weight } from "./weights.ts";

export interface EaseOptions {
  /** The paper's lambda, above 0: how much large weights cost. */
  readonly l2: number;
}

export interface EaseWeights {
  readonly kind: "ease";
  readonly options: EaseOptions;
  readonly tensors: {
    /** What film `i` (row) says for film `j` (column), with a diagonal of 0: `[N, N]`. */
    readonly itemWeights: Weight<"float32">;
    /** The scores of an empty history: `[N]`. */
    readonly prior: Weight<"float32">;
  };
}

/** The score of film `j` is the sum of `itemWeights[i, j]` over the films `i` of the history. */
export function createEaseRecommender(weights: EaseWeights): Recommender {
  const { shape, data } = weights.tensors.itemWeights;
  const prior = weights.tensors.prior.data;
  const numItems = shape[0];
  return createRowRecommender("ease", numItems, (items, row) => {
    if (items.length === 0) row.set(prior);
    for (const item of new Set(Array.from(items))) {
      const start = item * numItems;
      for (let j = 0; j < numItems; j++) row[j] += data[start + j];
    }
  });
}
