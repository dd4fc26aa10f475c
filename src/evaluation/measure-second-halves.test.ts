import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import { splitHalfHistory } from "../data/half-history.ts";
import { splitNone } from "../data/no-split.ts";
import { genreJaccard } from "../metrics/genres.ts";
import type { History, Recommender } from "../models/recommender.ts";
import { createRowRecommender } from "../models/score-rows.ts";
import { measureSecondHalves } from "./measure-second-halves.ts";

/** Everyone gets the same scores. */
const fixed = (...scores: number[]) =>
  createRowRecommender("fixed", scores.length, (_, row) => row.set(scores));

describe("measureSecondHalves", () => {
  // Halves: [0, 1] then [2, 5]; a user of three rows has none.
  const split = splitHalfHistory(
    toInteractions(
      [
        [0, 1, 2, 5],
        [0, 1, 2],
      ],
      6,
    ),
  );

  it("shows the first half with its ratings and times, and not when the second one is asked for", async () => {
    const asked: History[] = [];
    const recorder: Recommender = {
      ...fixed(1, 2, 3, 4, 5, 6),
      score: async (histories) => {
        asked.push(...histories);
        return new Float32Array(6 * histories.length);
      },
    };
    const known = {
      ...split,
      interactions: {
        ...split.interactions,
        ratings: Float32Array.of(1, 2, 3, 4, 5, 5, 5),
        timestamps: Float64Array.of(10, 15, 20, 90, 1, 2, 3),
      },
    };
    const userFeatures = new Map([[split.interactions.userIds[0], { age: 30 }]]);
    await measureSecondHalves(recorder, known, { k: 3, userFeatures });
    expect(asked).toEqual([
      {
        items: Uint32Array.of(0, 1),
        ratings: Float32Array.of(1, 2),
        gaps: Float64Array.of(Number.NaN, 5),
        user: { age: 30 },
      },
    ]);
  });

  it("ranks what the first half lacks, all of the second half being relevant", async () => {
    // 0 and 1 are seen, so the list is 2, 3, 4.
    const measured = await measureSecondHalves(fixed(9, 8, 7, 6, 5, 4), split, { k: 3 });
    expect([...measured.userIndices]).toEqual([0]);
    expect([...measured.historyLengths]).toEqual([2]);
    expect([...measured.lists]).toEqual([2, 3, 4]);
    expect(measured.values["precision@3"][0]).toBeCloseTo(1 / 3);
    expect(measured.values["recall@3"][0]).toBeCloseTo(1 / 2);
    expect(measured.values["hitRate@3"][0]).toBe(1);
    expect(measured.values["ndcg@3"][0]).toBeCloseTo(1 / (1 + 1 / Math.log2(3)));
  });

  it("puts targets behind what scores as high", async () => {
    const { lists } = await measureSecondHalves(fixed(1, 1, 1, 1, 1, 1), split, { k: 3 });
    expect([...lists]).toEqual([3, 4, 2]);
  });

  it("does not ask for what the first half has, nor rank it", async () => {
    const again = splitHalfHistory(toInteractions([[0, 1, 1, 2]], 3));
    const { targets, lists } = await measureSecondHalves(fixed(3, 2, 1), again, { k: 2 });
    expect(targets.map((items) => [...items])).toEqual([[2]]);
    expect([...lists]).toEqual([2, -1]);
  });

  it("averages genre measures over the targets", async () => {
    const genres = [["A"], ["B"], ["A"], ["A", "B"], ["C"], ["B"]];
    // The list is 3, 4; the targets 2 (A) and 5 (B).
    const scores = fixed(0, 0, 1, 9, 8, 2);
    const { values } = await measureSecondHalves(scores, split, { k: 2, genres });
    // 3 shares a genre with both targets, 4 with none.
    expect(values["genrePrecision@2"][0]).toBeCloseTo((2 / 2 + 0 / 2) / 2);
    // Each of 2, 3 and 5 has a mean Jaccard of a half; 4 has none.
    const half = 1 / 2;
    expect(values["genreNdcg@2"][0]).toBeCloseTo(half / (half + half / Math.log2(3)));
  });

  it("equals the mean over targets of one-target measures", async () => {
    const names = ["A", "B", "C", "D"];
    const arbitrary = fc.record({
      genres: fc.array(fc.subarray(names, { minLength: 1 }), { minLength: 9, maxLength: 9 }),
      history: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 4, maxLength: 7 }),
      scores: fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 9, maxLength: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ genres, history, scores }) => {
        const one = splitHalfHistory(toInteractions([history], 9));
        const { values, lists, targets } = await measureSecondHalves(fixed(...scores), one, {
          k: 2,
          genres,
        });
        const list = [...lists].filter((item) => item >= 0);
        const shares = [...targets[0]].map(
          (target) => list.filter((i) => genreJaccard(genres[i], genres[target]) > 0).length / 2,
        );
        const mean = shares.reduce((sum, value) => sum + value, 0) / shares.length;
        expect(values["genrePrecision@2"][0]).toBeCloseTo(mean);
      }),
    );
  });

  it("refuses a split without test rows, and another catalog", async () => {
    const none = splitNone(toInteractions([[0, 1]], 2));
    await expect(measureSecondHalves(fixed(1, 2), none)).rejects.toThrow(InputError);
    await expect(measureSecondHalves(fixed(1, 2), split)).rejects.toThrow(/ranks 2 items/);
  });
});
