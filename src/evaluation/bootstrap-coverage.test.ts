import { expect, test } from "vitest";
import { coverageAt } from "../metrics/reach.ts";
import { interval, resampleUsers } from "./bootstrap.ts";
import { bootstrapCoverage } from "./bootstrap-coverage.ts";
import type { TargetMeasures } from "./measure-targets.ts";

/** Three users; the second has two targets; the last list ends after one item. */
const lists = [
  [0, 1, 2],
  [3, 4, 0],
  [5, 0, 1],
  [6, -1, -1],
];
const measures: TargetMeasures = {
  userIndices: Uint32Array.of(4, 7, 7, 9),
  items: new Uint32Array(4),
  historyLengths: new Uint32Array(4),
  values: {},
  lists: Int32Array.from(lists.flat()),
  listLength: 3,
  unknownTargets: 0,
  targetsWithoutHistory: 0,
  unknownHistoryItems: 0,
  targetsWithoutGenres: 0,
  targetsShortOfNegatives: 0,
};

test.each([1, 2, 3])(
  "coverage at %i is that of the resampled users' lists, about the value",
  (k) => {
    const listsOfUser = [[lists[0]], [lists[1], lists[2]], [[6]]];
    const value = coverageAt(listsOfUser.flat(), k, 10);
    const resamples = Array.from(resampleUsers(3, {}), (weights) =>
      coverageAt(
        listsOfUser.flatMap((own, u) => (weights[u] > 0 ? own : [])),
        k,
        10,
      ),
    );
    const mean = resamples.reduce((sum, resample) => sum + resample, 0) / resamples.length;
    const { low, high } = interval(resamples.map((resample) => resample - mean + value));
    const estimate = bootstrapCoverage(measures, k, 10);
    expect(estimate.value).toBe(value);
    expect(estimate.low).toBeCloseTo(low, 12);
    expect(estimate.high).toBeCloseTo(high, 12);
  },
);
