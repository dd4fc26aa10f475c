/**
 * How often each item had been met by any moment, for all users together.
 */
import type { Interactions } from "./interactions.ts";

/** Counts are kept at so many moments at least, so that a question needs to add up little. */
const NUM_STOPS = 256;

export interface CountsOverTime {
  /**
   * Writes into `counts` how often each item occurs before a moment: `[N]`.
   * @param time - in seconds since 1970; interactions of that very second do not count.
   */
  countBefore(time: number, counts: Uint32Array): void;
}

/**
 * Takes 4 bytes for each interaction and up to 1 KiB for each item.
 * @param timestamps - of every interaction: `[R]`.
 */
export function countOverTime(
  { items, itemIds }: Pick<Interactions, "items" | "itemIds">,
  timestamps: Float64Array,
): CountsOverTime {
  const order = Uint32Array.from(items.keys()).sort((a, b) => timestamps[a] - timestamps[b]);
  const times = Float64Array.from(order, (row) => timestamps[row]);
  const stride = Math.max(1, Math.ceil(order.length / NUM_STOPS));
  const stops: Uint32Array[] = [new Uint32Array(itemIds.length)];
  const running = new Uint32Array(itemIds.length);
  for (let i = 0; i < order.length; i++) {
    running[items[order[i]]]++;
    if ((i + 1) % stride === 0) stops.push(running.slice());
  }
  return {
    countBefore: (time, counts) => {
      const end = firstNotBefore(times, time);
      const stop = Math.floor(end / stride);
      counts.set(stops[stop]);
      for (let i = stop * stride; i < end; i++) counts[items[order[i]]]++;
    },
  };
}

/** How many of the ascending `times` are earlier. */
function firstNotBefore(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
