/**
 * Interactions as sets, without order and repeats: which items have the same users.
 */
import type { Interactions } from "../data/interactions.ts";

/** Rows of unequal length: row `r` is `values[offsets[r] .. offsets[r + 1] - 1]`. */
export interface Lists {
  readonly offsets: Uint32Array;
  readonly values: Uint32Array;
}

/** The items of each user, each once, in the order they were first met. */
export function uniqueItemsByUser(interactions: Interactions): Lists {
  const { offsets, items, itemIds } = interactions;
  const lastUser = new Int32Array(itemIds.length).fill(-1);
  const newOffsets = new Uint32Array(offsets.length);
  const values = new Uint32Array(items.length);
  let end = 0;
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let row = offsets[u]; row < offsets[u + 1]; row++) {
      const item = items[row];
      if (lastUser[item] === u) continue;
      lastUser[item] = u;
      values[end++] = item;
    }
    newOffsets[u + 1] = end;
  }
  return { offsets: newOffsets, values: values.slice(0, end) };
}

/** The users of each item, ascending: the same pairs, seen from the other side. */
export function usersByItem(itemsByUser: Lists, numItems: number): Lists {
  const { offsets, values } = itemsByUser;
  const newOffsets = new Uint32Array(numItems + 1);
  for (const item of values) newOffsets[item + 1]++;
  for (let i = 0; i < numItems; i++) newOffsets[i + 1] += newOffsets[i];
  const next = newOffsets.slice();
  const users = new Uint32Array(values.length);
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let i = offsets[u]; i < offsets[u + 1]; i++) users[next[values[i]]++] = u;
  }
  return { offsets: newOffsets, values: users };
}

/**
 * Adds to `row` how many users of `item` met each item, itself included: `[N]`. One item at a time,
 * because its row stays in the processor's cache while the users' lists stream by.
 */
export function addCoOccurrences(
  item: number,
  itemsByUser: Lists,
  usersOfItems: Lists,
  row: Float64Array,
): void {
  const { offsets, values } = itemsByUser;
  for (let n = usersOfItems.offsets[item]; n < usersOfItems.offsets[item + 1]; n++) {
    const user = usersOfItems.values[n];
    const end = offsets[user + 1];
    for (let i = offsets[user]; i < end; i++) row[values[i]]++;
  }
}
