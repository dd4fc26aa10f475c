/**
 * A part of the interactions, as new arrays.
 */
import type { Interactions } from "./interactions.ts";
import { joinOver } from "./time-gaps.ts";

/**
 * The rows with a 1 in `keep`, of the same users and items; users may be left without rows.
 * @param keep - one number for each row: `[R]`.
 */
export function keepRows(interactions: Interactions, keep: Uint8Array): Interactions {
  const { offsets } = interactions;
  const newOffsets = new Uint32Array(offsets.length);
  for (let u = 0; u + 1 < offsets.length; u++) {
    let count = 0;
    for (let row = offsets[u]; row < offsets[u + 1]; row++) count += keep[row];
    newOffsets[u + 1] = newOffsets[u] + count;
  }
  const total = newOffsets[newOffsets.length - 1];
  return {
    ...interactions,
    offsets: newOffsets,
    items: pick(interactions.items, keep, new Uint32Array(total)),
    ratings: interactions.ratings && pick(interactions.ratings, keep, new Float32Array(total)),
    timestamps:
      interactions.timestamps && pick(interactions.timestamps, keep, new Float64Array(total)),
    gaps: interactions.gaps && keepGaps(interactions.gaps, keep, offsets, new Float64Array(total)),
  };
}

function keepGaps(
  from: Float64Array,
  keep: Uint8Array,
  offsets: Uint32Array,
  to: Float64Array,
): Float64Array {
  let at = 0;
  for (let u = 0; u + 1 < offsets.length; u++) {
    const start = offsets[u];
    const own = from.subarray(start, offsets[u + 1]);
    const { gaps } = joinOver(own, (i) => keep[start + i] === 1);
    to.set(gaps, at);
    at += gaps.length;
  }
  return to;
}

function pick<T extends { [index: number]: number }>(from: T, keep: Uint8Array, to: T): T {
  let at = 0;
  for (let row = 0; row < keep.length; row++) {
    if (keep[row] === 1) to[at++] = from[row];
  }
  return to;
}

/** The same rows without the users and items that have none; the others keep their order. */
export function dropEmpty(interactions: Interactions): Interactions {
  const { userIds, itemIds, offsets, items } = interactions;
  const users = userIds.map((_, u) => u).filter((u) => offsets[u + 1] > offsets[u]);
  const isUsed = new Uint8Array(itemIds.length);
  for (const item of items) isUsed[item] = 1;
  const used = itemIds.map((_, i) => i).filter((i) => isUsed[i] === 1);
  if (users.length === userIds.length && used.length === itemIds.length) return interactions;
  const newIndex = new Uint32Array(itemIds.length);
  for (const [index, item] of used.entries()) newIndex[item] = index;
  return {
    ...interactions,
    userIds: users.map((u) => userIds[u]),
    itemIds: used.map((i) => itemIds[i]),
    offsets: Uint32Array.from([0, ...users.map((u) => offsets[u + 1])]),
    items: items.map((item) => newIndex[item]),
  };
}
