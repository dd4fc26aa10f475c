import { expect, test } from "vitest";
import { toInteractions, toLeaveOneOut } from "../../test/random-interactions.ts";
import { listTargets } from "./histories.ts";
import { toModelHistory } from "./rank-targets.ts";

const { NaN: unknown } = Number;
const split = toLeaveOneOut({
  ...toInteractions([[4, 2, 0, 3, 1]], 5),
  timestamps: Float64Array.of(10, 20, 50, 60, 160),
});
const full = { protocol: "full", rows: "test" } as const;

test("a history comes with the time between its items, and up to its target", () => {
  const [target] = listTargets(split, full);
  expect([...target.history]).toEqual([4, 2, 0, 3]);
  expect(Array.from(target.gaps ?? [])).toEqual([unknown, 10, 30, 10]);
  expect(target.nextGap).toBe(100);
});

test("what lies around a row that is not shown adds up", () => {
  const [target] = listTargets(split, { ...full, excludeValidationFromHistory: true });
  expect([...target.history]).toEqual([4, 2, 0]);
  expect(Array.from(target.gaps ?? [])).toEqual([unknown, 10, 30]);
  expect(target.nextGap).toBe(110);
});

test("a history out of order has no times", () => {
  const [target] = listTargets(split, { ...full, historyOrder: "shuffled" });
  expect([target.gaps, target.nextGap]).toEqual([undefined, undefined]);
});

test("what a model does not know is left out of the times as of the items", () => {
  const [target] = listTargets(split, full);
  // It knows neither item 2 nor item 3.
  const known = toModelHistory(target, Int32Array.of(7, 8, -1, -1, 9));
  expect([...known.items]).toEqual([9, 7]);
  expect(Array.from(known.gaps ?? [])).toEqual([unknown, 40]);
  expect(known.nextGap).toBe(110);
});
