/**
 * A recommender out of a function that scores one history: what the baselines are made of.
 */
import { InputError } from "../common/errors.ts";
import type { Recommender } from "./recommender.ts";

/** Adds the scores of every item to `row`, which holds zeros: `[N]`. */
export type ScoreRow = (items: ArrayLike<number>, row: Float32Array) => void;

/** Each history is scored on its own, so batch mates cannot matter. */
export function createRowRecommender(
  name: string,
  numItems: number,
  scoreRow: ScoreRow,
): Recommender {
  return {
    name,
    numItems,
    score: async (inputs) => {
      const scores = new Float32Array(inputs.length * numItems); // [B, N]
      for (const [b, { items }] of inputs.entries()) {
        requireKnownItems(name, items, numItems);
        scoreRow(items, scores.subarray(b * numItems, (b + 1) * numItems));
      }
      return scores;
    },
    dispose: async () => {},
  };
}

/** @throws InputError for an item that the model does not have. */
export function requireKnownItems(name: string, items: ArrayLike<number>, numItems: number): void {
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (Number.isInteger(item) && item >= 0 && item < numItems) continue;
    throw new InputError(
      `${name}: item index ${item} is not among the ${numItems} items of this model; leave it out`,
    );
  }
}
