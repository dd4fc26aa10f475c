/**
 * Why a film is recommended: each film of the history is left out in turn, and what moves the film's
 * score most is the reason. Nothing is guessed from attention or likeness.
 */
import { keepTimes } from "../data/time-gaps.ts";
import type { History, Recommender } from "./recommender.ts";

/** A film of the history and what it does for a recommendation. */
export interface Reason {
  /** The itemIndex of the film of the history. */
  readonly itemIndex: number;
  /** How far the score, less the mean over the catalog, falls without it. Above 0. */
  readonly effect: number;
}

/** So many of the newest films are left out in turn: a network reads no more of them anyway. */
const NEWEST = 200;

/** A history whose films are told apart. */
export interface IndexedHistory extends History {
  readonly items: readonly number[];
  readonly ratings?: readonly number[] | undefined;
}

/**
 * For each recommended item, the films of the history that moved it most, the strongest first.
 * @param recommended - itemIndex of each item to be explained.
 * @param numReasons - at most so many for each.
 */
export async function explain(
  recommender: Recommender,
  history: IndexedHistory,
  recommended: readonly number[],
  numReasons = 3,
): Promise<Reason[][]> {
  const { items, ratings } = history;
  const films = [...new Set(items)].slice(-NEWEST);
  const without = films.map((left) => {
    const isKept = (i: number): boolean => items[i] !== left;
    return {
      ...history,
      items: items.filter((item) => item !== left),
      ratings: ratings?.filter((_, i) => isKept(i)),
      ...keepTimes(history, isKept),
    };
  });
  const scores = await recommender.score([history, ...without]);
  const { numItems } = recommender;
  const means = Float64Array.from({ length: films.length + 1 }, (_, b) =>
    meanOf(scores.subarray(b * numItems, (b + 1) * numItems)),
  );
  const standing = (b: number, item: number): number => scores[b * numItems + item] - means[b];
  return recommended.map((item) =>
    films
      .map((itemIndex, i) => ({ itemIndex, effect: standing(0, item) - standing(i + 1, item) }))
      .filter(({ effect }) => effect > 0)
      .sort((a, b) => b.effect - a.effect)
      .slice(0, numReasons),
  );
}

function meanOf(row: Float32Array): number {
  return row.reduce((sum, value) => sum + value, 0) / row.length;
}
