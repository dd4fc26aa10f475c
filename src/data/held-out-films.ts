/**
 * Films that are taken out of the data as if they had not come out yet, to measure what becomes of
 * films that a model meets after its training.
 */
import { InputError } from "../common/errors.ts";
import type { Film, Interactions } from "./interactions.ts";
import { dropEmpty, keepRows } from "./keep-rows.ts";

/** The first and the last year of the films, both included. */
export interface HeldOutYears {
  readonly from: number;
  readonly to: number;
}

/** Whether each item is a film of these years: `[N]`. One of unknown year is not. */
export function markHeldOut(
  itemIds: readonly string[],
  films: ReadonlyMap<string, Film>,
  { from, to }: HeldOutYears,
): Uint8Array {
  return Uint8Array.from(itemIds, (id) => {
    const year = films.get(id)?.year ?? null;
    return year !== null && year >= from && year <= to ? 1 : 0;
  });
}

/**
 * The interactions with all other films; users and items that have none left go.
 * @throws InputError when no film is of these years, or nothing else is left.
 */
export function withoutHeldOut(
  interactions: Interactions,
  films: ReadonlyMap<string, Film>,
  years: HeldOutYears,
): Interactions {
  const isHeldOut = markHeldOut(interactions.itemIds, films, years);
  const numHeldOut = isHeldOut.reduce((sum, value) => sum + value, 0);
  if (numHeldOut === 0 || numHeldOut === isHeldOut.length) {
    const which = numHeldOut === 0 ? "none" : "all";
    throw new InputError(
      `preparation: heldOutYears ${years.from} to ${years.to}: expected some of ${isHeldOut.length} films ` +
        `with interactions to be of these years, got ${which}; choose other years, or leave it out`,
    );
  }
  const keep = Uint8Array.from(interactions.items, (item) => 1 - isHeldOut[item]);
  return dropEmpty(keepRows(interactions, keep));
}
