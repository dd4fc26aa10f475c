import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  arbitraryInteractions,
  toInteractions,
  toLeaveOneOut,
} from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import { createRandom } from "../common/random.ts";
import { type Split, trainingInteractions } from "../data/split.ts";
import { createPopularityRecommender, fitPopularity } from "../models/popularity.ts";
import type { Recommender } from "../models/recommender.ts";
import { createRowRecommender } from "../models/score-rows.ts";
import { evaluate, measure, referencePopularity } from "./evaluate.ts";
import { formatReport } from "./format-report.ts";

/** Whole-numbered scores that depend on the history and are often tied. */
function tiedScores(numItems: number): Recommender {
  return createRowRecommender("tied", numItems, (items, row) => {
    const random = createRandom(5, "scores", items.length, items.length > 0 ? items[0] : 0);
    for (let i = 0; i < row.length; i++) row[i] = random.nextInt(4);
  });
}

/** Scores that do not depend on the history. */
function fixedScores(scores: readonly number[]): Recommender {
  return createRowRecommender("fixed", scores.length, (_items, row) => row.set(scores));
}

/** nDCG, MRR and hit rate of full ranking, straight from the definition. */
async function naiveMeans(split: Split, recommender: Recommender, k: number) {
  const { offsets, items, itemIds } = split.interactions;
  const sums = { hitRate: 0, ndcg: 0, mrr: 0, precision: 0, meanPopularity: 0 };
  const popularity = referencePopularity(split);
  for (const [u, row] of split.test.entries()) {
    const history = [...items.slice(offsets[u], row)];
    const scores = await recommender.score([{ items: history }]);
    const target = items[row];
    const ranking = itemIds
      .map((_, item) => item)
      .filter((item) => item === target || !history.includes(item))
      .sort(
        (a, b) => scores[b] - scores[a] || Number(a === target) - Number(b === target) || a - b,
      );
    const rank = ranking.indexOf(target) + 1;
    const top = ranking.slice(0, k);
    sums.meanPopularity += top.reduce((sum, item) => sum + popularity[item], 0) / top.length;
    if (rank > k) continue;
    sums.hitRate += 1;
    sums.ndcg += 1 / Math.log2(rank + 1);
    sums.mrr += 1 / rank;
    sums.precision += 1 / k;
  }
  return Object.entries(sums).map(([name, sum]) => [`${name}@${k}`, sum / split.test.length]);
}

test("full ranking gives the means of the definition", async () => {
  const k = fc.integer({ min: 1, max: 12 });
  await fc.assert(
    fc.asyncProperty(arbitraryInteractions(2), k, async (interactions, k) => {
      const split = toLeaveOneOut(interactions);
      const recommender = tiedScores(interactions.itemIds.length);
      const options = { protocol: "full", rows: "test", ks: [k], batchSize: 3 } as const;
      const means = await measure(recommender, split, options);
      for (const [name, value] of await naiveMeans(split, recommender, k)) {
        expect(means[name]).toBeCloseTo(value as number, 12);
      }
      expect(means[`recall@${k}`]).toBe(means[`hitRate@${k}`]);
      expect(means[`map@${k}`]).toBe(means[`mrr@${k}`]);
    }),
  );
});

const interactions = toInteractions(
  [
    [0, 1, 2, 3],
    [4, 5, 0, 1],
    [2, 3, 4, 0],
  ],
  8,
);
const split = toLeaveOneOut(interactions);
const full = { protocol: "full", rows: "test", ks: [1, 3, 5] } as const;

test("equal scores put the target last", async () => {
  // Each user has seen 3 of 8 items: the target is the last of 5.
  const { report } = await evaluate(fixedScores(new Array(8).fill(0)), split, full);
  expect(report.metrics["hitRate@3"].value).toBe(0);
  expect(report.metrics["ndcg@5"].value).toBe(1 / Math.log2(5 + 1));
});

test("an evaluation is plain data, with the value inside its interval", async () => {
  const { report } = await evaluate(tiedScores(8), split, full);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  for (const { value, low, high } of Object.values(report.metrics)) {
    expect(low).toBeLessThanOrEqual(value);
    expect(high).toBeGreaterThanOrEqual(value);
  }
  expect(report.description).toMatch(/^leave-one-out split, test targets; full ranking: /);
  expect(report).toMatchObject({ model: "tied", numUsers: 3, numTargets: 3, numItems: 8 });
});

test("an evaluation gives the means that measure gives, and coverage", async () => {
  const { report } = await evaluate(fixedScores([8, 7, 6, 5, 4, 3, 2, 1]), split, full);
  const means = await measure(fixedScores([8, 7, 6, 5, 4, 3, 2, 1]), split, full);
  for (const [name, value] of Object.entries(means)) {
    expect(report.metrics[name].value).toBeCloseTo(value, 14);
  }
  // The first of each: 3 (after 0, 1, 2), 1 (after 4, 5, 0), 0 (after 2, 3, 4).
  expect(report.metrics["coverage@1"].value).toBe(3 / 8);
});

test("the batch size changes nothing", async () => {
  const one = await evaluate(tiedScores(8), split, { ...full, batchSize: 1 });
  expect(await evaluate(tiedScores(8), split, full)).toEqual(one);
});

test("a score that is not a number is an error that names model and user", async () => {
  const broken = fixedScores([1, 1, 1, 1, 1, NaN, 1, 1]);
  const refused = evaluate(broken, split, full);
  await expect(refused).rejects.toThrow(InputError);
  await expect(refused).rejects.toThrow(/fixed, user u0: the score of item index 5 is not/);
});

describe("a model of another catalog", () => {
  const modelItemOf = Int32Array.of(2, -1, 0, 1, 3, -1, -1, 4);

  test("must be mapped", async () => {
    await expect(evaluate(fixedScores([1, 2]), split, full)).rejects.toThrow(
      /fixed ranks 2 items, the data set has 8; .* modelItemOf/,
    );
    const short = { ...full, modelItemOf: Int32Array.of(0) };
    await expect(evaluate(fixedScores([1]), split, short)).rejects.toThrow(/modelItemOf maps 1/);
  });

  test("sees its own indices, and misses targets that it does not know", async () => {
    const seen: number[][] = [];
    const spy = createRowRecommender("spy", 5, (items, row) => {
      seen.push([...Array.from(items)]);
      row.set([5, 4, 3, 2, 1]);
    });
    const { report, perUser } = await evaluate(spy, split, { ...full, modelItemOf });
    // 0, 1, 2 without 1; 4, 5, 0 without 5; 2, 3, 4.
    expect(seen).toEqual([
      [2, 0],
      [3, 2],
      [0, 1, 3],
    ]);
    expect(report).toMatchObject({ unknownTargets: 1, unknownHistoryItems: 2 });
    // Targets 3, 1 and 0: the best that is left; unknown; after what is seen only 7 competes.
    expect([...perUser.values["hitRate@1"]]).toEqual([1, 0, 1]);
    expect([...perUser.values["hitRate@5"]]).toEqual([1, 0, 1]);
  });
});

test("validation items can be left out of what the model is shown, but are not ranked", async () => {
  const seen: number[][] = [];
  const spy = createRowRecommender("spy", 8, (items, row) => {
    seen.push([...Array.from(items)]);
    row[2] = 1; // the validation item of the first user
  });
  const options = { ...full, excludeValidationFromHistory: true };
  const { report, perUser } = await evaluate(spy, split, options);
  expect(seen).toEqual([
    [0, 1],
    [4, 5],
    [2, 3],
  ]);
  // 5 candidates each, all tied but item 2, which is a candidate of the second user only.
  expect([...perUser.values["mrr@5"]]).toEqual([1 / 5, 1 / 5, 1 / 5]);
  expect(report.description).toMatch(/validation items left out of the input$/);
});

describe("shuffled histories", () => {
  const shuffled = { ...full, historyOrder: "shuffled" } as const;
  const walks = toLeaveOneOut(
    toInteractions(
      Array.from({ length: 12 }, (_, u) => Array.from({ length: 10 }, (_, i) => (u + i) % 20)),
      20,
    ),
  );
  /** Knows that the next item is the one after the last. */
  const follower = createRowRecommender("follower", 20, (items, row) => {
    row[(items[items.length - 1] + 1) % 20] = 1;
  });

  test("hold what they held, in an order that the seed and the user decide", async () => {
    const shownTo = async (split: Split, options: object): Promise<number[][]> => {
      const seen: number[][] = [];
      const spy = createRowRecommender("spy", 20, (items) => seen.push([...Array.from(items)]));
      await measure(spy, split, { ...shuffled, ...options });
      return seen;
    };
    const seen = await shownTo(walks, {});
    const recorded = await shownTo(walks, { historyOrder: "recorded" });
    expect(seen).not.toEqual(recorded);
    const sorted = (histories: number[][]): number[][] =>
      histories.map((items) => items.toSorted());
    expect(sorted(seen)).toEqual(sorted(recorded));
    expect(await shownTo(walks, { batchSize: 1 })).toEqual(seen);
    expect(await shownTo(walks, { seed: 2 })).not.toEqual(seen);
    expect(await shownTo({ ...walks, test: walks.test.subarray(3) }, {})).toEqual(seen.slice(3));
  });

  test("take away what a model owes to order, and nothing else", async () => {
    const hits = async (recommender: Recommender, options: object): Promise<number> =>
      (await measure(recommender, walks, { ...shuffled, ...options }))["hitRate@1"];
    expect(await hits(follower, { historyOrder: "recorded" })).toBe(1);
    expect(await hits(follower, {})).toBeLessThan(1 / 2);
    const sets = createRowRecommender("sets", 20, (items, row) => {
      row[(Math.max(...Array.from(items)) + 1) % 20] = 1;
    });
    expect(await hits(sets, {})).toBe(await hits(sets, { historyOrder: "recorded" }));
  });

  test("are named in the report", async () => {
    const { report } = await evaluate(follower, walks, shuffled);
    expect(report.historyOrder).toBe("shuffled");
    expect(report.description).toMatch(/HISTORIES SHUFFLED by seed 1$/);
    expect(formatReport(report)).toMatch(/^follower, HISTORIES SHUFFLED: 12 users/);
    const recorded = await evaluate(follower, walks, full);
    expect(recorded.report.historyOrder).toBe("recorded");
    expect(formatReport(recorded.report)).not.toContain("SHUFFLED");
  });
});

test("a user with several targets counts once", async () => {
  const byTime: Split = { ...split, kind: "by-time", test: Uint32Array.of(2, 3, 7) };
  // Item 2 before item 3 before all others: user u0 hits both, user u1 misses 1.
  const { report, perUser } = await evaluate(fixedScores([0, 0, 9, 8, 7, 6, 5, 4]), byTime, full);
  expect([...perUser.userIndices]).toEqual([0, 1]);
  expect([...perUser.values["hitRate@1"]]).toEqual([1, 0]);
  expect(report).toMatchObject({ numUsers: 2, numTargets: 3 });
  expect(report.metrics["hitRate@1"].value).toBe(1 / 2);
});

test("genre measures compare the list with the target's genres", async () => {
  const genres = [["A"], ["A", "B"], ["B"], ["A"], ["B"], ["B"], [], ["A", "B", "C"]];
  // Targets 3, 1, 0; u0 ranks 7, 6, 5, 4, 3; u1 ranks 7, 6, 3, 2, 1; u2 ranks 7, 6, 5, 1, 0.
  const rising = fixedScores([1, 2, 3, 4, 5, 6, 7, 8]);
  const { perUser, report } = await evaluate(rising, split, { ...full, genres });
  expect([...perUser.values["genrePrecision@3"]]).toEqual([1 / 3, 2 / 3, 1 / 3]);
  const discount = [1, 1 / Math.log2(3), 1 / Math.log2(4)];
  // u0, target A: gains 1/3, 0, 0; ideal 1 (3), 1/3 (7), 0.
  const first = ((1 / 3) * discount[0]) / (discount[0] + (1 / 3) * discount[1]);
  // u1, target A and B: gains 2/3, 0, 1/2; ideal 1 (1), 2/3 (7), 1/2.
  const second =
    ((2 / 3) * discount[0] + (1 / 2) * discount[2]) /
    (discount[0] + (2 / 3) * discount[1] + (1 / 2) * discount[2]);
  expect(perUser.values["genreNdcg@3"][0]).toBeCloseTo(first, 14);
  expect(perUser.values["genreNdcg@3"][1]).toBeCloseTo(second, 14);
  expect(report.targetsWithoutGenres).toBe(0);
});

test("targets without genres are left out of the genre measures and counted", async () => {
  const genres = [["A"], [], ["A"], ["A"], [], [], [], []];
  const { perUser, report } = await evaluate(tiedScores(8), split, { ...full, genres });
  expect(perUser.values["genreNdcg@5"][1]).toBeNaN();
  expect(report.targetsWithoutGenres).toBe(1);
  expect(report.metrics["genreNdcg@5"].value).toBeGreaterThan(0);
});

test("sampled protocols say how many targets are short of negatives", async () => {
  const { report } = await evaluate(tiedScores(8), split, { ...full, protocol: "uniform100" });
  expect(report.targetsShortOfNegatives).toBe(3);
  expect(report.description).toMatch(/negatives of seed 1$/);
});

test("what does not fit into memory is refused with what it would need", async () => {
  const refused = evaluate(tiedScores(8), split, {
    ...full,
    batchSize: 2 ** 20,
    memoryLimitBytes: 2 ** 24,
  });
  await expect(refused).rejects.toThrow(
    /scoring 8 items .* needs 65 MiB .* 16 MiB; .* lower batchSize/,
  );
});

test("wrong options are refused", async () => {
  const recommender = tiedScores(8);
  await expect(evaluate(recommender, split, { ...full, ks: [0] })).rejects.toThrow(/got 0/);
  await expect(evaluate(recommender, split, { ...full, ks: [] })).rejects.toThrow(InputError);
  const empty = { ...split, test: new Uint32Array(0) };
  await expect(evaluate(recommender, empty, full)).rejects.toThrow(/has no test rows/);
});

test("reference popularity counts training rows only", () => {
  expect([...referencePopularity(split)]).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
  const weights = fitPopularity(trainingInteractions(split));
  expect(createPopularityRecommender(weights).numItems).toBe(8);
});

test("users of a range and tied targets have slices of their own", async () => {
  const timestamps = Float64Array.of(1, 2, 3, 3, 1, 2, 3, 4, 1, 2, 3, 4);
  const timed: Split = {
    ...split,
    interactions: { ...interactions, userIds: ["1", "2", "7"], timestamps },
  };
  const { report, perUser } = await evaluate(tiedScores(8), timed, { ...full, userRange: [2, 9] });
  const { tie, userRange } = report.slices;
  expect(userRange?.map(({ name, numUsers }) => [name, numUsers])).toEqual([
    ["users 2-9", 2],
    ["other users", 1],
  ]);
  expect(tie?.map(({ name, numUsers }) => [name, numUsers])).toEqual([
    ["not tied", 2],
    ["tied", 1],
  ]);
  const values = perUser.values["ndcg@5"];
  expect(userRange?.[0].metrics["ndcg@5"].value).toBe((values[1] + values[2]) / 2);
  expect(tie?.[1].metrics["ndcg@5"].value).toBe(values[0]);
  const none = await evaluate(tiedScores(8), split, full);
  expect(none.report.slices).toMatchObject({ tie: null, userRange: null });
});

test("a range without users is refused before anything is measured", async () => {
  const untouched = createRowRecommender("untouched", 8, () => {
    throw new Error("was asked");
  });
  const options = { ...full, userRange: [1, 9] as const };
  await expect(evaluate(untouched, split, options)).rejects.toThrow(/one is of "u0"/);
});

test("slices hold every user once, and their numbers are those of their users", async () => {
  const { report, perUser } = await evaluate(tiedScores(8), split, full);
  const { historyLength, targetPopularity } = report.slices;
  expect(historyLength.map(({ name, numUsers }) => [name, numUsers])).toEqual([["1-9", 3]]);
  expect(historyLength[0].metrics).toEqual(
    Object.fromEntries(Object.entries(report.metrics).filter(([name]) => !name.startsWith("cov"))),
  );
  expect(targetPopularity.map(({ numTargets }) => numTargets)).toEqual([3]);
  expect(perUser.userIndices).toHaveLength(3);
});
