import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dropDuplicates } from "./drop-duplicates.ts";
import type { Interactions } from "./interactions.ts";

type Row = readonly [item: number, rating: number, time: number];

/** Users' rows, sorted by time; without times in the given order. */
function toArrays(users: readonly (readonly Row[])[], hasTimes: boolean): Interactions {
  const histories = users.map((rows) => (hasTimes ? rows.toSorted((a, b) => a[2] - b[2]) : rows));
  const rows = histories.flat();
  const offsets = [0];
  for (const history of histories) offsets.push(offsets[offsets.length - 1] + history.length);
  return {
    userIds: users.map((_, u) => `u${u}`),
    itemIds: Array.from({ length: 4 }, (_, i) => `i${i}`),
    offsets: Uint32Array.from(offsets),
    items: Uint32Array.from(rows, ([item]) => item),
    ratings: Float32Array.from(rows, ([, rating]) => rating),
    timestamps: hasTimes ? Float64Array.from(rows, ([, , time]) => time) : null,
  };
}

/** The definition, one step after the other, on lists. */
function naive(interactions: Interactions): {
  kept: Row[][];
  identical: number;
  conflicts: number;
} {
  const { offsets, items, ratings, timestamps } = interactions;
  let identical = 0;
  let conflicts = 0;
  const kept = interactions.userIds.map((_, u) => {
    const rows: Row[] = [];
    for (let r = offsets[u]; r < offsets[u + 1]; r++) {
      rows.push([items[r], ratings?.[r] ?? 0, timestamps?.[r] ?? 0]);
    }
    const distinct = rows.filter(
      (row, k) => rows.findIndex((o) => String(o) === String(row)) === k,
    );
    const latest = distinct.filter((row, k) => distinct.findLastIndex(([i]) => i === row[0]) === k);
    identical += rows.length - distinct.length;
    conflicts += distinct.length - latest.length;
    return latest;
  });
  return { kept, identical, conflicts };
}

describe("dropDuplicates", () => {
  const row = fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 3 }), fc.nat(2));
  const users = fc.array(fc.array(row, { maxLength: 12 }), { minLength: 1, maxLength: 4 });

  it.each([true, false])("keeps what the definition keeps (times: %s)", (hasTimes) => {
    fc.assert(
      fc.property(users, (histories) => {
        const interactions = toArrays(histories, hasTimes);
        const expected = naive(interactions);
        const found = dropDuplicates(interactions);
        expect(found.interactions).toEqual(toArrays(expected.kept, hasTimes));
        expect(found.identicalDropped).toBe(expected.identical);
        expect(found.conflictsResolved).toBe(expected.conflicts);
      }),
    );
  });

  it("keeps the later rating of one film, and one of two equal rows", () => {
    const history: Row[] = [
      [0, 3, 10],
      [1, 5, 20],
      [1, 5, 20],
      [0, 4, 30],
    ];
    const { interactions, identicalDropped, conflictsResolved } = dropDuplicates(
      toArrays([history], true),
    );
    expect([...interactions.items]).toEqual([1, 0]);
    expect([...(interactions.ratings ?? [])]).toEqual([5, 4]);
    expect([identicalDropped, conflictsResolved]).toEqual([1, 1]);
  });
});
