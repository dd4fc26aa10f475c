/** Evaluation under a split by time: who is shown what, and what counts as known. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { splitByTime } from "../data/by-time.ts";
import type { Interactions } from "../data/interactions.ts";
import type { Split } from "../data/split.ts";
import { createCountingAlong } from "../models/recent-popularity.ts";
import type { History } from "../models/recommender.ts";
import { createRowRecommender } from "../models/score-rows.ts";
import { evaluate, measure } from "./evaluate.ts";

const DAY = 86_400;
const NUM_ITEMS = 8;

/** Users by the day and item of what they met, in order. */
function timed(
  users: readonly (readonly (readonly [day: number, item: number])[])[],
): Interactions {
  const items = users.map((rows) => rows.map(([, item]) => item));
  const days = users.flatMap((rows) => rows.map(([day]) => day * DAY));
  return { ...toInteractions(items, NUM_ITEMS), timestamps: Float64Array.from(days) };
}

const cuts = { validationCut: 0.5, testCut: 0.75 };
// By time: days 1 to 4 | 5, 6 | 7, 8.
const split = splitByTime(
  timed([
    [
      [1, 0],
      [2, 1],
      [5, 2],
      [7, 6],
      [8, 3],
    ],
    [
      [3, 1],
      [4, 2],
    ],
    [[6, 7]],
  ]),
  cuts,
);

test("every later row is a target, with all of the user's past and the moment it is asked for", async () => {
  const seen: { items: number[]; time: number | undefined }[] = [];
  const spy = createRowRecommender("spy", NUM_ITEMS, () => {});
  const spying = {
    ...spy,
    knowsNewItems: true,
    score: (inputs: readonly History[]) => {
      for (const { items, time } of inputs) seen.push({ items: Array.from(items), time });
      return spy.score(inputs);
    },
  };
  await evaluate(spying, split, { protocol: "full", rows: "test", ks: [5] });
  expect(seen).toEqual([
    { items: [0, 1, 2], time: 7 * DAY },
    { items: [0, 1, 2, 6], time: 8 * DAY },
  ]);
});

test("items that no training row has are unknown: misses as targets, not shown in histories", async () => {
  const seen: number[][] = [];
  const falling = createRowRecommender("falling", NUM_ITEMS, (items, row) => {
    seen.push(Array.from(items));
    for (let i = 0; i < NUM_ITEMS; i++) row[i] = i;
  });
  const { report, perUser } = await evaluate(falling, split, {
    protocol: "full",
    rows: "test",
    ks: [5],
  });
  // Items 3, 6 and 7 are new, so both targets are misses, though 6 and 7 score highest.
  expect(seen).toEqual([
    [0, 1, 2],
    [0, 1, 2],
  ]);
  expect(report).toMatchObject({ unknownTargets: 2, unknownHistoryItems: 1, numTargets: 2 });
  expect([...perUser.values["hitRate@5"]]).toEqual([0]);
  expect(report.description).toContain("items that no training row has are unknown");
});

test("a target with nothing before it is ranked for an empty history, and counted", async () => {
  const fixed = createRowRecommender("fixed", NUM_ITEMS, (items, row) => {
    row[items.length === 0 ? 1 : 0] = 1;
  });
  const empty: Split = { ...split, validation: Uint32Array.of(2, 5) };
  const { report, perUser } = await evaluate(fixed, empty, {
    protocol: "full",
    rows: "validation",
    ks: [1],
  });
  expect(report).toMatchObject({ numTargets: 2, targetsWithoutHistory: 1 });
  // Of the known items 0, 1 and 2 only 2 is left after 0 and 1; u1's first is 1, as is said.
  expect([...perUser.values["hitRate@1"]]).toEqual([1, 1]);
  expect(report.slices.historyLength.map(({ name }) => name)).toEqual(["0", "1-9"]);
});

/** nDCG@3 of recent popularity from the definition: users' means of their targets' values. */
function naiveRecentPopularity({ interactions, validation }: Split, days: number): number {
  const { offsets, items, timestamps } = interactions;
  const byUser = new Map<number, number[]>();
  for (const row of validation) {
    const now = timestamps?.[row] ?? 0;
    const user = offsets.findLastIndex((offset) => offset <= row);
    const scoreOf = (item: number): [recent: number, before: number] => {
      const times = Array.from(timestamps ?? []).filter((_, r) => items[r] === item);
      const before = times.filter((time) => time < now);
      return [before.filter((time) => time >= now - days * DAY).length, before.length];
    };
    const history = Array.from(items.subarray(offsets[user], row));
    const target = items[row];
    const [recent, before] = scoreOf(target);
    const ahead = Array.from({ length: NUM_ITEMS }, (_, item) => item).filter((item) => {
      if (item === target || history.includes(item)) return false;
      const [r, b] = scoreOf(item);
      return r > recent || (r === recent && b >= before);
    });
    const value = ahead.length < 3 ? 1 / Math.log2(ahead.length + 2) : 0;
    byUser.set(user, [...(byUser.get(user) ?? []), value]);
  }
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return mean([...byUser.values()].map(mean));
}

test("recent popularity reaches what the definition gives", async () => {
  const row = fc.tuple(fc.nat(25), fc.nat(NUM_ITEMS - 1));
  const user = fc.array(row, { minLength: 1, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(fc.array(user, { minLength: 1, maxLength: 6 }), async (users) => {
      const all = timed(users.map((rows) => rows.toSorted(([a], [b]) => a - b)));
      const random = splitByTime(all, { validationCut: 0.3, testCut: 0.9 });
      fc.pre(random.validation.length > 0);
      const recommender = createCountingAlong(all, { days: 7 });
      const options = { protocol: "full", rows: "validation", ks: [3] } as const;
      const means = await measure(recommender, random, options);
      expect(means["ndcg@3"]).toBeCloseTo(naiveRecentPopularity(random, 7), 12);
    }),
  );
});
