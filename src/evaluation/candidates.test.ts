import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  arbitraryInteractions,
  toInteractions,
  toLeaveOneOut,
} from "../../test/random-interactions.ts";
import { createRandom } from "../common/random.ts";
import type { Split } from "../data/split.ts";
import { createHideItems } from "./candidates.ts";
import { listTargets } from "./histories.ts";
import type { ProtocolOptions } from "./protocol.ts";

/** The candidates of every target. */
function candidatesOf(split: Split, options: ProtocolOptions, counts: number[]): number[][] {
  const hideItems = createHideItems(split, options, counts);
  const numItems = split.interactions.itemIds.length;
  return listTargets(split, options).map((target) => {
    const hidden = new Uint8Array(numItems).fill(7); // what an earlier target may have left
    const numCompetitors = hideItems(target, hidden);
    const candidates = [...hidden.keys()].filter((item) => hidden[item] === 0);
    expect(numCompetitors).toBe(candidates.length - 1);
    return candidates;
  });
}

test("full ranking: all but what was seen before the target, which stays even if seen", () => {
  fc.assert(
    fc.property(arbitraryInteractions(2), fc.boolean(), (interactions, isTest) => {
      const split = toLeaveOneOut(interactions);
      const options = { protocol: "full", rows: isTest ? "test" : "validation" } as const;
      const actual = candidatesOf(split, options, []);
      for (const [u, candidates] of actual.entries()) {
        const row = split[options.rows][u];
        const seen = new Set(interactions.items.slice(interactions.offsets[u], row));
        seen.delete(interactions.items[row]);
        const expected = interactions.itemIds.map((_, i) => i).filter((i) => !seen.has(i));
        expect(candidates).toEqual(expected);
      }
    }),
  );
});

/** Users with a few items each, in a catalog large enough to draw from. */
const NUM_ITEMS = 300;
const histories = Array.from({ length: 60 }, (_, u) => [u, u + 1, u + 2, 150 + u, 200 + u]);
const split = toLeaveOneOut(toInteractions(histories, NUM_ITEMS));
const counts = Array.from({ length: NUM_ITEMS }, (_, i) => (i % 5 === 0 ? 0 : i % 7));

describe.each(["uniform100", "popular100"] as const)("%s", (protocol) => {
  const options = { protocol, rows: "test", seed: 3 } as const;

  test("the target and 100 others that the user never touched, before or after", () => {
    for (const rows of ["validation", "test"] as const) {
      const all = candidatesOf(split, { ...options, rows }, counts);
      for (const [u, candidates] of all.entries()) {
        const target = histories[u][rows === "test" ? 4 : 3];
        const negatives = candidates.filter((item) => item !== target);
        expect(negatives).toHaveLength(100);
        expect(negatives.filter((item) => histories[u].includes(item))).toEqual([]);
      }
    }
  });

  test("the seed decides, and other users do not matter", () => {
    const all = candidatesOf(split, options, counts);
    expect(candidatesOf(split, options, counts)).toEqual(all);
    expect(candidatesOf(split, { ...options, seed: 4 }, counts)).not.toEqual(all);
    const { interactions } = split;
    const last = toLeaveOneOut({
      ...toInteractions(histories.slice(-1), NUM_ITEMS),
      userIds: interactions.userIds.slice(-1),
    });
    expect(candidatesOf(last, options, counts)).toEqual(all.slice(-1));
  });

  test("where fewer than 100 are left, all of them compete", () => {
    const small = toLeaveOneOut(toInteractions([[0, 1, 2]], 9));
    expect(candidatesOf(small, options, new Array(9).fill(1))).toEqual([[2, 3, 4, 5, 6, 7, 8]]);
  });
});

/** How often each item is drawn, over many users who touched almost nothing. */
function drawShares(protocol: "uniform100" | "popular100", weights: number[]): number[] {
  const many = Array.from({ length: 3000 }, () => [0, 1, 2]);
  const shares = new Array<number>(weights.length).fill(0);
  const options = { protocol, rows: "test" } as const;
  const all = candidatesOf(toLeaveOneOut(toInteractions(many, weights.length)), options, weights);
  for (const item of all.flat()) shares[item] += 1 / many.length;
  return shares;
}

/** One after the other, each in proportion to the weights that are left: the definition. */
function naiveShares(weights: number[]): number[] {
  const random = createRandom(9, "naive");
  const shares = new Array<number>(weights.length).fill(0);
  for (let draw = 0; draw < 3000; draw++) {
    const left = [...weights];
    for (let n = 0; n < 100; n++) {
      let place = random.next() * left.reduce((sum, weight) => sum + weight, 0);
      const item = left.findIndex((weight) => {
        place -= weight;
        return place < 0;
      });
      left[item] = 0;
      shares[item] += 1 / 3000;
    }
  }
  return shares;
}

// Standard error of a share: at most 0.5 / sqrt(3000) = 0.009, of a difference of two: 0.013.
test("uniform100 draws every untouched item equally often", () => {
  const shares = drawShares("uniform100", new Array(203).fill(1));
  for (const share of shares.slice(3)) expect(Math.abs(share - 100 / 200)).toBeLessThan(0.045);
});

test("popular100 draws as one would one after the other, in proportion to counts", () => {
  const weights = Array.from({ length: 183 }, (_, i) => (i < 3 ? 0 : i % 4 === 0 ? 0 : i % 9));
  const shares = drawShares("popular100", weights);
  const expected = naiveShares(weights);
  for (let i = 3; i < weights.length; i++) {
    expect(Math.abs(shares[i] - expected[i])).toBeLessThan(0.06);
    if (weights[i] === 0) expect(shares[i]).toBe(0);
  }
});
