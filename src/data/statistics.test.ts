import { describe, expect, it } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { describeInteractions } from "./statistics.ts";

describe("describeInteractions", () => {
  const interactions = {
    ...toInteractions([[0, 1, 2, 3], [0], [0, 1, 2]], 5),
    ratings: Float32Array.of(4, 3.5, 4, 5, 0.5, 4, 5, 5),
    timestamps: Float64Array.of(10, 10, 10, 40, 7, 20, 21, 21),
  };
  const statistics = describeInteractions(interactions);

  it("counts users, items, rows and their density", () => {
    expect([statistics.users, statistics.items, statistics.interactions]).toEqual([3, 5, 8]);
    expect(statistics.density).toBe(8 / (3 * 5));
  });

  it("counts ratings, lowest first", () => {
    expect(statistics.ratings).toEqual([
      { rating: 0.5, count: 1 },
      { rating: 3.5, count: 1 },
      { rating: 4, count: 3 },
      { rating: 5, count: 3 },
    ]);
  });

  it("gives the spread of history lengths 1, 3, 4 and of item counts 0, 1, 2, 2, 3", () => {
    const spread = { min: 1, p25: 1, median: 3, p75: 4, p90: 4, p99: 4, max: 4, mean: 8 / 3 };
    expect(statistics.historyLengths).toEqual(spread);
    expect(statistics.itemCounts).toMatchObject({ min: 0, p25: 1, median: 2, max: 3, mean: 8 / 5 });
  });

  it("gives the time span, and the share of neighbours with the same time", () => {
    expect(statistics.timeSpan).toEqual({ first: 7, last: 40 });
    // Neighbours: 10=10, 10=10, 10-40; none; 20-21, 21=21.
    expect(statistics.timeTieShare).toBe(3 / 5);
  });

  it("knows nothing of ratings and times that are not there", () => {
    const bare = describeInteractions(toInteractions([[0, 1]], 2));
    expect([bare.ratings, bare.timeSpan, bare.timeTieShare]).toEqual([null, null, null]);
  });
});
