/**
 * How much time lies between neighbouring interactions of a user, in seconds: 0 within one second,
 * Infinity for a later one of which nobody knows how much later, NaN where nothing is known.
 */
import type { Interactions } from "./interactions.ts";

/** Each row's gap to the row of its user before it, NaN for first rows: `[R]`. Null without times. */
export function gapsOf({
  offsets,
  items,
  timestamps,
  gaps,
}: Pick<Interactions, "offsets" | "items" | "timestamps" | "gaps">): Float64Array | null {
  if (gaps) return gaps;
  if (timestamps === null) return null;
  const differences = Float64Array.from(items, (_, row) => timestamps[row] - timestamps[row - 1]);
  for (let u = 0; u + 1 < offsets.length; u++) differences[offsets[u]] = Number.NaN;
  return differences;
}

/** Two gaps, one after the other. */
export function joinGaps(a: number, b: number): number {
  const sum = a + b;
  return Number.isNaN(sum) && (a > 0 || b > 0) ? Number.POSITIVE_INFINITY : sum;
}

/** The gaps between those that are kept, and how much lies between the last of them and the end. */
export function joinOver(
  gaps: ArrayLike<number>,
  isKept: (index: number) => boolean,
): { readonly gaps: Float64Array; readonly rest: number } {
  const joined: number[] = [];
  let rest = 0;
  for (let i = 0; i < gaps.length; i++) {
    rest = joinGaps(rest, gaps[i]);
    if (!isKept(i)) continue;
    joined.push(joined.length === 0 ? Number.NaN : rest);
    rest = 0;
  }
  return { gaps: Float64Array.from(joined), rest };
}

/** What is known of when the items of a history came, and when the next one is asked for. */
export interface HistoryTimes {
  readonly gaps?: ArrayLike<number> | undefined;
  readonly nextGap?: number | undefined;
}

/** The same after some of the items are left out. */
export function keepTimes(
  { gaps, nextGap = Number.NaN }: HistoryTimes,
  isKept: (index: number) => boolean,
): HistoryTimes {
  if (!gaps) return {};
  const joined = joinOver(gaps, isKept);
  return { gaps: joined.gaps, nextGap: joinGaps(joined.rest, nextGap) };
}

/** What is said of a row's time where not all are known. */
export interface TimeKnowledge {
  /** Whether each row has the second of the row before it, values of `TIE`: `[R]`. */
  readonly ties: Uint8Array;
  /** 1 where the time itself is known: `[R]`. */
  readonly isReal: Uint8Array;
}

/** What may be known of a row and the one before it. */
export const TIE = { no: 0, yes: 1, unknown: 2 } as const;

/** `gapsOf` rows of which not all times are known. */
export function gapsFromKnowledge(
  offsets: Uint32Array,
  timestamps: Float64Array | null,
  { ties, isReal }: TimeKnowledge,
): Float64Array {
  const gaps = new Float64Array(ties.length).fill(Number.NaN);
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let row = offsets[u] + 1; row < offsets[u + 1]; row++) {
      if (ties[row] === TIE.yes) gaps[row] = 0;
      else if (timestamps && isReal[row] === 1 && isReal[row - 1] === 1)
        gaps[row] = timestamps[row] - timestamps[row - 1];
      else if (ties[row] === TIE.no) gaps[row] = Number.POSITIVE_INFINITY;
    }
  }
  return gaps;
}
