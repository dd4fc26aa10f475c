/**
 * How many of the next films are among the first of a list, by window. The literature of this task
 * calls the two measures accuracy 1 (precision at five) and accuracy 2 (hit at five).
 */
import type { FeatureTable } from "../data/features/feature-set.ts";
import { inputsOf, type NextFilms, targetsOf } from "../data/next-films.ts";
import { hitRateAt, precisionAt } from "../metrics/accuracy.ts";
import type { History, Recommender } from "../models/recommender.ts";
import { listAgainst } from "./list-against.ts";

/** By window, in the order in which they were given: `[W]`. */
export interface NextFilmsMeasures {
  readonly precision: Float64Array;
  readonly hitRate: Float64Array;
  /** The best of each window, -1 after the end of a short list: `[W, listLength]`. */
  readonly lists: Int32Array;
}

export interface NextFilmsOptions {
  /** At least as many as there are targets. Default: as many. */
  readonly listLength?: number | undefined;
  /** Windows scored at once. Default: 256. */
  readonly batchSize?: number | undefined;
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
 * @throws InputError when a score is not a number.
 */
export async function measureNextFilms<Input>(
  recommender: Recommender<Input>,
  task: NextFilms,
  windows: Uint32Array,
  toInput: (window: number) => Input,
  { listLength = task.numTargets, batchSize = 256 }: NextFilmsOptions = {},
): Promise<NextFilmsMeasures> {
  const { numItems } = recommender;
  const lists = new Int32Array(windows.length * listLength).fill(-1);
  const precision = new Float64Array(windows.length);
  const hitRate = new Float64Array(windows.length);
  for (let start = 0; start < windows.length; start += batchSize) {
    const batch = windows.subarray(start, start + batchSize);
    const scores = await recommender.score(Array.from(batch, toInput));
    for (const [b, window] of batch.entries()) {
      const row = scores.subarray(b * numItems, (b + 1) * numItems);
      const targets = targetsOf(task, window);
      const hidden = new Uint8Array(numItems);
      for (const item of inputsOf(task, window)) hidden[item] = 1;
      const where = `${recommender.name}, window ${window}`;
      const list = listAgainst(row, targets, hidden, listLength, where);
      lists.set(list, (start + b) * listLength);
      const relevant = new Set(targets);
      precision[start + b] = precisionAt(list, relevant, task.numTargets);
      hitRate[start + b] = hitRateAt(list, relevant, task.numTargets);
    }
  }
  return { precision, hitRate, lists };
}
