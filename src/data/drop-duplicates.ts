/**
 * One row for each user and item: of rows equal in every field the first stays, of those that
 * then remain, with different ratings or times, the latest.
 */
import type { Interactions } from "./interactions.ts";
import { keepRows } from "./keep-rows.ts";

/** What is left, and how many rows went for which reason. */
export interface Deduplicated {
  readonly interactions: Interactions;
  readonly identicalDropped: number;
  readonly conflictsResolved: number;
}

/**
 * @param interactions - every user's rows oldest first.
 */
export function dropDuplicates(interactions: Interactions): Deduplicated {
  const { offsets, items } = interactions;
  const keep = new Uint8Array(items.length).fill(1);
  // For each item the last row that has it, plus 1: of this user if it is beyond the user's start.
  const lastRow = new Uint32Array(interactions.itemIds.length);
  let identicalDropped = 0;
  let conflictsResolved = 0;
  for (let u = 0; u + 1 < offsets.length; u++) {
    // For items with several rows, those that differ. Hardly any user needs it.
    const distinct = new Map<number, number[]>();
    for (let row = offsets[u]; row < offsets[u + 1]; row++) {
      const item = items[row];
      const last = lastRow[item];
      if (last > offsets[u]) {
        const rows = distinct.get(item) ?? [last - 1];
        distinct.set(item, rows);
        if (hasEqual(interactions, rows, row)) {
          keep[row] = 0;
          identicalDropped++;
          continue;
        }
        keep[rows[rows.length - 1]] = 0;
        conflictsResolved++;
        rows.push(row);
      }
      lastRow[item] = row + 1;
    }
  }
  if (identicalDropped + conflictsResolved === 0) {
    return { interactions, identicalDropped, conflictsResolved };
  }
  return { interactions: keepRows(interactions, keep), identicalDropped, conflictsResolved };
}

/** Whether one of `rows`, oldest first, has the rating and time of `row`. */
function hasEqual(interactions: Interactions, rows: readonly number[], row: number): boolean {
  const { ratings, timestamps } = interactions;
  for (let k = rows.length - 1; k >= 0; k--) {
    const other = rows[k];
    if (timestamps !== null && timestamps[other] !== timestamps[row]) {
      // Rows of one time stand together, so what is before has another time as well.
      return false;
    }
    if (ratings === null || ratings[other] === ratings[row]) return true;
  }
  return false;
}
