/**
 * Leaves out low ratings, all but the most-watched items, and users and items with too few
 * interactions.
 */
import { InputError } from "../common/errors.ts";
import type { Interactions } from "./interactions.ts";
import { dropEmpty, keepRows } from "./keep-rows.ts";

/** What to keep; 1 and null keep everything. */
export interface Minimums {
  readonly minRating: number | null;
  /** How many items are kept, those with most interactions; of equals those first named. */
  readonly mostWatchedItems: number | null;
  readonly minUserInteractions: number;
  readonly minItemInteractions: number;
}

/** What is left, and what went. */
export interface Filtered {
  readonly interactions: Interactions;
  readonly belowMinRating: number;
  readonly belowMinInteractions: number;
  readonly usersRemoved: number;
  readonly itemsRemoved: number;
}

/**
 * Ratings first, then the most-watched items; then users and items in turn until every one that is left has enough, because a
 * user who goes takes interactions from items (the "k-core" of the literature).
 * @throws InputError when there are no ratings to compare, or nothing is left.
 */
export function applyMinimums(interactions: Interactions, minimums: Minimums): Filtered {
  const { minRating, mostWatchedItems, minUserInteractions, minItemInteractions } = minimums;
  const rated = minRating === null ? interactions : keepRated(interactions, minRating);
  let kept = mostWatchedItems === null ? rated : keepMostWatched(rated, mostWatchedItems);
  if (minUserInteractions > 1 || minItemInteractions > 1) {
    for (let before = -1; before !== kept.items.length; ) {
      before = kept.items.length;
      kept = keepFrequent(kept, minUserInteractions, minItemInteractions);
    }
  }
  const result = dropEmpty(kept);
  if (result.items.length === 0 && interactions.items.length > 0) {
    throw new InputError(
      `preparation: none of ${interactions.items.length} interactions is left with minimum rating ` +
        `${minRating ?? "(none)"}, ${minUserInteractions} interactions a user and ` +
        `${minItemInteractions} an item; lower these minimums`,
    );
  }
  return {
    interactions: result,
    belowMinRating: interactions.items.length - rated.items.length,
    belowMinInteractions: rated.items.length - result.items.length,
    usersRemoved: interactions.userIds.length - result.userIds.length,
    itemsRemoved: interactions.itemIds.length - result.itemIds.length,
  };
}

function keepRated(interactions: Interactions, minRating: number): Interactions {
  const { ratings } = interactions;
  if (ratings === null) {
    throw new InputError(
      `preparation: a minimum rating of ${minRating} was asked for, but the data has no ratings; ` +
        "leave it out, or name the column of ratings",
    );
  }
  return keepRows(
    interactions,
    Uint8Array.from(ratings, (rating) => (rating >= minRating ? 1 : 0)),
  );
}

function keepMostWatched(interactions: Interactions, numItems: number): Interactions {
  const counts = new Uint32Array(interactions.itemIds.length);
  for (const item of interactions.items) counts[item]++;
  const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const isKept = new Uint8Array(counts.length);
  for (const item of order.slice(0, numItems)) isKept[item] = 1;
  return keepRows(
    interactions,
    Uint8Array.from(interactions.items, (item) => isKept[item]),
  );
}

/** One round: rows of users with enough interactions, and of items that had enough before. */
function keepFrequent(interactions: Interactions, minUser: number, minItem: number): Interactions {
  const { offsets, items, itemIds } = interactions;
  const itemCounts = new Uint32Array(itemIds.length);
  for (const item of items) itemCounts[item]++;
  const keep = new Uint8Array(items.length);
  for (let u = 0; u + 1 < offsets.length; u++) {
    if (offsets[u + 1] - offsets[u] < minUser) continue;
    for (let row = offsets[u]; row < offsets[u + 1]; row++) {
      if (itemCounts[items[row]] >= minItem) keep[row] = 1;
    }
  }
  return keepRows(interactions, keep);
}
