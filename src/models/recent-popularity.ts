/**
 * Recent popularity: everyone is shown what most have chosen in the last days (Ji et al., "A
 * Re-visit of the Popularity Baseline in Recommender Systems", SIGIR 2020). Among items that were
 * chosen as often in these days the one that was chosen more before comes first.
 */
import { InputError } from "../common/errors.ts";
import { countOverTime } from "../data/counts-over-time.ts";
import type { Interactions } from "../data/interactions.ts";
import type { Recommender } from "./recommender.ts";
import { createRowRecommender } from "./score-rows.ts";
import type { Weight } from "./weights.ts";

export const RECENT_POPULARITY = "recent-popularity";

export interface RecentPopularityOptions {
  /** How far back "recent" reaches, more than 0. */
  readonly days: number;
}

export interface RecentPopularityWeights {
  readonly kind: typeof RECENT_POPULARITY;
  readonly options: RecentPopularityOptions;
  readonly tensors: {
    /** As of the second after the last interaction of the training: `[N]`. */
    readonly scores: Weight<"float32">;
  };
}

const SECONDS_PER_DAY = 86_400;

/** @throws InputError when there are no times, or `days` is not above 0. */
export function fitRecentPopularity(
  train: Interactions,
  { days }: RecentPopularityOptions,
): RecentPopularityWeights {
  const scoresAt = recentCounts(train, days);
  let last = Number.NEGATIVE_INFINITY;
  for (const time of train.timestamps ?? []) last = Math.max(last, time);
  const data = new Float32Array(train.itemIds.length);
  scoresAt(last + 1, data);
  return {
    kind: RECENT_POPULARITY,
    options: { days },
    tensors: { scores: { dtype: "float32", shape: [data.length], data } },
  };
}

/** What was recent when the model was made, the same for everyone: as a bundle serves it. */
export function createRecentPopularityRecommender(weights: RecentPopularityWeights): Recommender {
  const scores = weights.tensors.scores.data;
  return createRowRecommender(RECENT_POPULARITY, scores.length, (_items, row) => row.set(scores));
}

/**
 * What is recent whenever one asks, as a site that counts along would know it: all interactions of
 * all users before the time of the query count, none of that second or later.
 * @throws InputError when there are no times, or `days` is not above 0.
 */
export function createCountingAlong(
  interactions: Interactions,
  { days }: RecentPopularityOptions,
): Recommender {
  const scoresAt = recentCounts(interactions, days);
  const numItems = interactions.itemIds.length;
  return {
    name: RECENT_POPULARITY,
    numItems,
    knowsNewItems: true,
    score: async (inputs) => {
      const scores = new Float32Array(inputs.length * numItems); // [B, N]
      for (const [b, { time }] of inputs.entries()) {
        if (time === undefined) {
          throw new InputError(
            `${RECENT_POPULARITY}: what is recent depends on when one asks, and a query came without time; ` +
              "leave out what asks so (tempering), or use popularity",
          );
        }
        scoresAt(time, scores.subarray(b * numItems, (b + 1) * numItems));
      }
      return scores;
    },
    dispose: async () => {},
  };
}

/** Writes the scores of every item at a time: `[N]`. */
function recentCounts(
  interactions: Interactions,
  days: number,
): (time: number, row: Float32Array) => void {
  const { timestamps, itemIds } = interactions;
  if (!(days > 0 && days < Infinity)) {
    throw new InputError(`${RECENT_POPULARITY}: days must be above 0, got ${days}`);
  }
  if (timestamps === null) {
    throw new InputError(
      `${RECENT_POPULARITY}: expected a time for every interaction, the data has only their order; ` +
        "name the column of times, or use popularity",
    );
  }
  const counted = countOverTime(interactions, timestamps);
  const all = new Uint32Array(itemIds.length);
  const old = new Uint32Array(itemIds.length);
  return (time, row) => {
    counted.countBefore(time, all);
    counted.countBefore(time - days * SECONDS_PER_DAY, old);
    let largest = 1;
    for (const count of all) if (count > largest) largest = count;
    // What lies further back is worth less than one choice more in these days.
    for (let i = 0; i < row.length; i++) row[i] = all[i] - old[i] + all[i] / (2 * largest);
  };
}
