/**
 * What `usher data inspect` prints: counts and shapes of a data set, from its arrays alone.
 */
import type { Interactions } from "./interactions.ts";

/** How numbers are spread. Quantiles are values that occur (nearest rank), not between them. */
export interface Spread {
  readonly min: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

/** The shape of a data set. */
export interface Statistics {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  /** Interactions over users times items. */
  readonly density: number;
  /** How often each rating occurs, lowest first; null without ratings. */
  readonly ratings: readonly { readonly rating: number; readonly count: number }[] | null;
  /** Interactions of a user. */
  readonly historyLengths: Spread;
  /** Interactions of an item. */
  readonly itemCounts: Spread;
  /** Seconds since 1970; null without times. */
  readonly timeSpan: { readonly first: number; readonly last: number } | null;
  /** Share of neighbours in a user's history that have the same time; null without times. */
  readonly timeTieShare: number | null;
}

/** Expects at least one interaction. */
export function describeInteractions(interactions: Interactions): Statistics {
  const { offsets, items, ratings, timestamps } = interactions;
  const users = offsets.length - 1;
  const itemCounts = new Uint32Array(interactions.itemIds.length);
  for (const item of items) itemCounts[item]++;
  const lengths = Uint32Array.from({ length: users }, (_, u) => offsets[u + 1] - offsets[u]);
  return {
    users,
    items: itemCounts.length,
    interactions: items.length,
    density: items.length / (users * itemCounts.length),
    ratings: ratings && countRatings(ratings),
    historyLengths: spreadOf(lengths),
    itemCounts: spreadOf(itemCounts),
    timeSpan: timestamps && spanOf(timestamps),
    timeTieShare: timestamps && tieShare(offsets, timestamps),
  };
}

/** Sorts its argument. */
function spreadOf(values: Uint32Array): Spread {
  values.sort();
  const at = (share: number): number => values[Math.max(0, Math.ceil(share * values.length) - 1)];
  let sum = 0;
  for (const value of values) sum += value;
  return {
    min: values[0],
    p25: at(0.25),
    median: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    p99: at(0.99),
    max: values[values.length - 1],
    mean: sum / values.length,
  };
}

function countRatings(ratings: Float32Array): { rating: number; count: number }[] {
  const counts = new Map<number, number>();
  for (const rating of ratings) counts.set(rating, (counts.get(rating) ?? 0) + 1);
  return [...counts]
    .map(([rating, count]) => ({ rating, count }))
    .sort((a, b) => a.rating - b.rating);
}

function spanOf(timestamps: Float64Array): { first: number; last: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of timestamps) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  return { first, last };
}

function tieShare(offsets: Uint32Array, timestamps: Float64Array): number {
  let pairs = 0;
  let ties = 0;
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let row = offsets[u] + 1; row < offsets[u + 1]; row++) {
      pairs++;
      if (timestamps[row] === timestamps[row - 1]) ties++;
    }
  }
  return pairs === 0 ? 0 : ties / pairs;
}
