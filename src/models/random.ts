/**
 * Chance: what a list is worth that knows nothing.
 */
import { createRandom } from "../common/random.ts";
import type { Recommender } from "./recommender.ts";
import { createRowRecommender } from "./score-rows.ts";

/** The same history and seed give the same scores, uniform over [0, 1), whatever the batch. */
export function createRandomRecommender(numItems: number, seed = 1): Recommender {
  return createRowRecommender("random", numItems, (items, row) => {
    const random = createRandom(seed, "random-recommender", ...Array.from(items));
    for (let item = 0; item < numItems; item++) row[item] = random.next();
  });
}
