/**
 * Groups of targets for which a report gives numbers of their own.
 */
import { InputError } from "../common/errors.ts";
import { type Interactions, userOfRow } from "../data/interactions.ts";
import { gapsOf, TIE } from "../data/time-gaps.ts";

/** A named group of targets. */
export interface TargetGroup {
  readonly name: string;
  /** Which targets are in it, ascending. */
  readonly targets: Uint32Array;
}

/** History lengths from which a group starts. */
const LENGTH_STARTS = [0, 1, 10, 50, 100, 200];

/** What is known of a target and the item right before it. */
const TIE_NAMES = ["not tied", "tied", "not known", "nothing before"] as const;

export type TieName = (typeof TIE_NAMES)[number];

/** Up to which share of the catalog, ordered by training counts, a group reaches. */
const POPULARITY_ENDS = [0.01, 0.1, 0.5, 1];

/** "0", "1-9", "10-49", "50-99", "100-199" and "200+" items of history; empty groups are left out. */
export function groupByHistoryLength(historyLengths: Uint32Array): TargetGroup[] {
  const names = LENGTH_STARTS.map((start, i) => {
    if (i + 1 === LENGTH_STARTS.length) return `${start}+`;
    const end = LENGTH_STARTS[i + 1] - 1;
    return start === end ? String(start) : `${start}-${end}`;
  });
  return collect(names, historyLengths, (length) =>
    LENGTH_STARTS.findLastIndex((start) => start <= length),
  );
}

/**
 * By the share of the catalog with a greater training count than the target: "top 1 %", "1-10 %",
 * "10-50 %", "50-100 %", and "not in training"; empty groups are left out.
 * @param items - the targets' itemIndex.
 * @param counts - training interactions of each item: `[N]`.
 */
export function groupByPopularity(items: Uint32Array, counts: Int32Array): TargetGroup[] {
  const percents = POPULARITY_ENDS.map((end) => Math.round(end * 100));
  const names = percents.map((end, i) =>
    i === 0 ? `top ${end} %` : `${percents[i - 1]}-${end} %`,
  );
  const place = placesByCount(counts);
  return collect([...names, "not in training"], items, (item) => {
    if (counts[item] === 0) return names.length;
    return POPULARITY_ENDS.findIndex((end) => place[item] / counts.length < end);
  });
}

/**
 * By whether the target has the same second as the item before it, so that their order may mean
 * nothing: "tied", "not tied", "not known", "nothing before"; empty groups are left out. Null where
 * the data has no times.
 * @param rows - the targets' rows.
 */
export function groupByTie(rows: Uint32Array, interactions: Interactions): TargetGroup[] | null {
  const { offsets } = interactions;
  const gaps = gapsOf(interactions);
  if (gaps === null) return null;
  return collect(TIE_NAMES, rows, (row) => {
    if (offsets[userOfRow(offsets, row)] === row) return TIE_NAMES.length - 1;
    if (Number.isNaN(gaps[row])) return TIE.unknown;
    return gaps[row] === 0 ? TIE.yes : TIE.no;
  });
}

/** Users whose ids are numbers from the first to the last of a range, both included. */
export type UserRange = readonly [first: number, last: number];

/**
 * "users 1-2999" and "other users"; an empty group is left out.
 * @param userIndices - of each target.
 * @throws InputError when no target is of a user of the range.
 */
export function groupByUserRange(
  userIndices: Uint32Array,
  userIds: readonly string[],
  [first, last]: UserRange,
): TargetGroup[] {
  const names = [`users ${first}-${last}`, "other users"];
  const groups = collect(names, userIndices, (user) => {
    const id = userIds[user].trim() === "" ? NaN : Number(userIds[user]);
    return id >= first && id <= last ? 0 : 1;
  });
  if (groups[0]?.name === names[0]) return groups;
  throw new InputError(
    `evaluate: no target is of a user with a number from ${first} to ${last} for an id, one is of ` +
      `"${userIds[userIndices[0]]}"; give a range of the data set's own user ids`,
  );
}

/** How many items have a greater count than each: `[N]`. */
function placesByCount(counts: Int32Array): Uint32Array {
  const order = Uint32Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  const places = new Uint32Array(counts.length);
  for (let i = 1; i < order.length; i++) {
    const isTied = counts[order[i]] === counts[order[i - 1]];
    places[order[i]] = isTied ? places[order[i - 1]] : i;
  }
  return places;
}

function collect(
  names: readonly string[],
  values: Uint32Array,
  groupOf: (value: number) => number,
): TargetGroup[] {
  const members = names.map((): number[] => []);
  for (const [target, value] of values.entries()) members[groupOf(value)].push(target);
  return names
    .map((name, i) => ({ name, targets: Uint32Array.from(members[i]) }))
    .filter(({ targets }) => targets.length > 0);
}
