/**
 * How many of the next films are among the first of a list, by window. The literature of this task
 * calls the two measures accuracy 1 (precision at five) and accuracy 2 (hit at five).
 */
import type { FeatureTable } from "../data/features/feature-set.ts";
import { inputsOf, type NextFilms, targetsOf } from "../data/next-films.ts";
import type { History, Recommender } from "../models/recommender.ts";
import { rankTarget } from "./rank-targets.ts";

/** By window, in the order in which they were given: `[W]`. */
export interface NextFilmsMeasures {
  readonly precision: Float64Array;
  readonly hitRate: Float64Array;
}

/** Each window as a history, with what is known of its viewer: nothing that came before it. */
export function windowHistories(
  task: NextFilms,
  users: FeatureTable | null,
): (window: number) => History {
  const { ratings, timestamps, userIds } = task.interactions;
  return (window) => {
    const start = task.starts[window];
    return {
      items: inputsOf(task, window),
      ratings: ratings?.subarray(start, start + task.numInputs),
      user: users?.rows.get(userIds[task.users[window]]),
      time: timestamps?.[start + task.numInputs],
    };
  };
}

/**
 * Only the inputs of a window are out of the ranking. A film that scores as high as a target stands
 * before it, unless it is a target as well.
 * @param toInput - what the model is shown of a window.
 * @param batchSize - windows scored at once.
 * @throws InputError when a score is not a number.
 */
export async function measureNextFilms<Input>(
  recommender: Recommender<Input>,
  task: NextFilms,
  windows: Uint32Array,
  toInput: (window: number) => Input,
  batchSize = 256,
): Promise<NextFilmsMeasures> {
  const { numItems } = recommender;
  const precision = new Float64Array(windows.length);
  const hitRate = new Float64Array(windows.length);
  for (let start = 0; start < windows.length; start += batchSize) {
    const batch = windows.subarray(start, start + batchSize);
    const scores = await recommender.score(Array.from(batch, toInput));
    for (const [b, window] of batch.entries()) {
      const row = scores.subarray(b * numItems, (b + 1) * numItems);
      const where = `${recommender.name}, window ${window}`;
      const numHits = countHits(row, inputsOf(task, window), targetsOf(task, window), where);
      precision[start + b] = numHits / task.numTargets;
      hitRate[start + b] = numHits > 0 ? 1 : 0;
    }
  }
  return { precision, hitRate };
}

/** How many targets are among as many first places as there are targets. */
function countHits(
  scores: Float32Array,
  inputs: Uint32Array,
  targets: Uint32Array,
  where: string,
): number {
  const hidden = new Uint8Array(scores.length);
  for (const item of inputs) hidden[item] = 1;
  for (const target of targets) hidden[target] = 1;
  // Each target's place among films that are none, best first: a target before it adds one.
  const ranks = Array.from(new Set(targets), (target) => {
    hidden[target] = 0;
    const { rank } = rankTarget(scores, target, hidden, 0, where);
    hidden[target] = 1;
    return rank;
  }).sort((a, b) => a - b);
  return ranks.filter((rank, before) => rank + before <= targets.length).length;
}
