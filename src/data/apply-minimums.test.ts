import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryInteractions, toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import { applyMinimums } from "./apply-minimums.ts";
import type { Interactions } from "./interactions.ts";

/** Every interaction as [userId, itemId], in order. */
function pairsOf(interactions: Interactions): [string, string][] {
  const { userIds, itemIds, offsets, items } = interactions;
  return userIds.flatMap((userId, u) =>
    [...items.subarray(offsets[u], offsets[u + 1])].map((i): [string, string] => [
      userId,
      itemIds[i],
    ]),
  );
}

/** Takes out one user or item at a time, until none has too few. */
function naiveCore(
  pairs: [string, string][],
  minUser: number,
  minItem: number,
): [string, string][] {
  const tooFew = (side: 0 | 1, minimum: number): string | undefined =>
    pairs
      .map((pair) => pair[side])
      .find((id, _, all) => all.filter((o) => o === id).length < minimum);
  const user = tooFew(0, minUser);
  if (user !== undefined)
    return naiveCore(
      pairs.filter(([u]) => u !== user),
      minUser,
      minItem,
    );
  const item = tooFew(1, minItem);
  if (item !== undefined)
    return naiveCore(
      pairs.filter(([, i]) => i !== item),
      minUser,
      minItem,
    );
  return pairs;
}

describe("applyMinimums", () => {
  it("leaves the same core as taking out one at a time", () => {
    const minimum = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(arbitraryInteractions(0), minimum, minimum, (interactions, minUser, minItem) => {
        const minimums = {
          minRating: null,
          mostWatchedItems: null,
          minUserInteractions: minUser,
          minItemInteractions: minItem,
        };
        const all = pairsOf(interactions);
        const expected = naiveCore(all, minUser, minItem);
        if (expected.length === 0) {
          fc.pre(all.length > 0);
          expect(() => applyMinimums(interactions, minimums)).toThrow(InputError);
          return;
        }
        const found = applyMinimums(interactions, minimums);
        expect(pairsOf(found.interactions)).toEqual(expected);
        expect(found.interactions.userIds).toHaveLength(new Set(expected.map(([u]) => u)).size);
        expect(found.interactions.itemIds).toHaveLength(new Set(expected.map(([, i]) => i)).size);
        expect(found.belowMinInteractions).toBe(all.length - expected.length);
      }),
    );
  });

  it("keeps the most-watched items, of equals those first named, before it counts users", () => {
    const interactions = toInteractions([[0, 3, 1], [1, 2], [3]], 4);
    const { interactions: kept, belowMinInteractions } = applyMinimums(interactions, {
      minRating: null,
      mostWatchedItems: 2,
      minUserInteractions: 2,
      minItemInteractions: 1,
    });
    expect(pairsOf(kept)).toEqual([
      ["u0", "i3"],
      ["u0", "i1"],
    ]);
    expect(belowMinInteractions).toBe(4);
  });

  it("keeps ratings from the minimum on, with their items and times", () => {
    const interactions: Interactions = {
      ...toInteractions([[0, 1, 2], [1]], 3),
      ratings: Float32Array.of(4, 3.5, 5, 3),
      timestamps: Float64Array.of(10, 20, 30, 40),
    };
    const minimums = {
      minRating: 4,
      mostWatchedItems: null,
      minUserInteractions: 1,
      minItemInteractions: 1,
    };
    expect(applyMinimums(interactions, minimums)).toEqual({
      interactions: {
        userIds: ["u0"],
        itemIds: ["i0", "i2"],
        offsets: Uint32Array.of(0, 2),
        items: Uint32Array.of(0, 1),
        ratings: Float32Array.of(4, 5),
        timestamps: Float64Array.of(10, 30),
      },
      belowMinRating: 2,
      belowMinInteractions: 0,
      usersRemoved: 1,
      itemsRemoved: 1,
    });
  });

  it("refuses a minimum rating without ratings", () => {
    const minimums = {
      minRating: 4,
      mostWatchedItems: null,
      minUserInteractions: 1,
      minItemInteractions: 1,
    };
    expect(() => applyMinimums(toInteractions([[0]], 1), minimums)).toThrow(/has no ratings/);
  });
});
