import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryInteractions, toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import { splitByTime } from "./by-time.ts";
import { splitByUser } from "./by-user.ts";
import { splitHalfHistory } from "./half-history.ts";
import { type Interactions, userOfRow } from "./interactions.ts";
import { splitLeaveOneOut } from "./leave-one-out.ts";
import { splitNone } from "./no-split.ts";
import type { Split } from "./split.ts";

/** What every split promises: no row is learned from and asked for, rows come in order. */
function expectSound({ interactions, trainEnds, validation, test }: Split): void {
  const { offsets } = interactions;
  expect(trainEnds).toHaveLength(offsets.length - 1);
  for (const [u, end] of trainEnds.entries()) {
    expect(end).toBeGreaterThanOrEqual(offsets[u]);
    expect(end).toBeLessThanOrEqual(offsets[u + 1]);
  }
  for (const rows of [validation, test]) expect([...rows]).toEqual([...rows].sort((a, b) => a - b));
  const targets = [...validation, ...test];
  expect(new Set(targets).size).toBe(targets.length);
  for (const row of targets) {
    expect(row).toBeGreaterThanOrEqual(trainEnds[userOfRow(offsets, row)]);
  }
}

const three = toInteractions([[0, 1, 2, 3], [1, 2], [3, 2, 1], [0]], 4);

describe("splitLeaveOneOut", () => {
  it("holds out the last two of users with three or more", () => {
    const split = splitLeaveOneOut(three);
    expect([...split.trainEnds]).toEqual([2, 6, 7, 10]);
    expect([...split.validation]).toEqual([2, 7]);
    expect([...split.test]).toEqual([3, 8]);
  });

  it("is sound", () => {
    fc.assert(fc.property(arbitraryInteractions(0), (all) => expectSound(splitLeaveOneOut(all))));
  });
});

describe("splitHalfHistory", () => {
  it("holds out second halves, and the last of each first half for validation", () => {
    const split = splitHalfHistory(
      toInteractions(
        [
          [0, 1, 2, 3, 4],
          [1, 2, 3],
          [3, 2, 1, 0],
        ],
        5,
      ),
    );
    expect([...split.trainEnds]).toEqual([2, 8, 9]);
    expect([...split.validation]).toEqual([2, 9]);
    expect([...split.test]).toEqual([3, 4, 10, 11]);
  });

  it("is sound", () => {
    fc.assert(fc.property(arbitraryInteractions(0), (all) => expectSound(splitHalfHistory(all))));
  });
});

describe("splitByUser", () => {
  const shares = { validationShare: 0.2, testShare: 0.3, seed: 7 };
  const many = toInteractions(
    Array.from({ length: 20 }, (_, u) => [u % 3, (u + 1) % 3, (u + 2) % 3]),
    3,
  );

  it("holds out whole users, each with the last item as target", () => {
    const split = splitByUser(many, shares);
    expectSound(split);
    expect([split.validation.length, split.test.length]).toEqual([0.2 * 20, 0.3 * 20]);
    const heldOut = [...split.validation, ...split.test].map((row) => userOfRow(many.offsets, row));
    for (let u = 0; u < 20; u++) {
      expect(split.trainEnds[u]).toBe(many.offsets[heldOut.includes(u) ? u : u + 1]);
    }
    for (const row of split.test) expect(row % 3).toBe(2);
  });

  it("holds out the same users for the same seed only", () => {
    expect(splitByUser(many, shares)).toEqual(splitByUser(many, shares));
    expect(splitByUser(many, { ...shares, seed: 8 }).test).not.toEqual(
      splitByUser(many, shares).test,
    );
  });

  it("never holds out users with a single interaction", () => {
    const lonely = toInteractions([[0], [1], [2], [0, 1]], 3);
    const split = splitByUser(lonely, { validationShare: 0, testShare: 0.9, seed: 1 });
    expect([...split.test]).toEqual([4]);
    expect([...split.trainEnds]).toEqual([1, 2, 3, 3]);
  });

  it("refuses shares that leave nobody", () => {
    const half = { validationShare: 0.5, testShare: 0.5, seed: 1 };
    expect(() => splitByUser(many, half)).toThrow(InputError);
    expect(() => splitByUser(many, { ...half, testShare: -0.1 })).toThrow(InputError);
    const two = toInteractions([[0, 1]], 2);
    expect(() => splitByUser(two, { ...half, testShare: 0.3 })).toThrow(/all of them held out/);
  });
});

describe("splitByTime", () => {
  const cuts = { validationCut: 0.5, testCut: 0.75 };

  it("asks for everything after a moment that is the same for all", () => {
    const timed = {
      ...toInteractions(
        [
          [0, 1, 2, 3],
          [1, 2],
          [3, 2],
        ],
        4,
      ),
      timestamps: Float64Array.of(1, 2, 5, 8, 3, 6, 7, 9),
    };
    // In order of time: 1 2 3 5 | 6 7 | 8 9.
    const split = splitByTime(timed, cuts);
    expectSound(split);
    expect([...split.trainEnds]).toEqual([3, 5, 6]);
    expect([...split.validation]).toEqual([5, 6]);
    expect([...split.test]).toEqual([3, 7]);
  });

  it("puts every row before a cut if and only if it is earlier than all after it", () => {
    const times = fc.array(fc.nat(6), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(times, (values) => {
        const half = values.length >> 1;
        const sorted = [values.slice(0, half), values.slice(half)].map((part) => part.sort());
        const timed: Interactions = {
          ...toInteractions(sorted, 7),
          timestamps: Float64Array.from(sorted.flat()),
        };
        const split = splitByTime(timed, cuts);
        expectSound(split);
        const timeOf = (row: number): number => timed.timestamps?.[row] ?? 0;
        const held = new Set([...split.validation, ...split.test]);
        const trained = [...timed.items.keys()].filter((row) => !held.has(row)).map(timeOf);
        const validation = [...split.validation].map(timeOf);
        const test = [...split.test].map(timeOf);
        expect(Math.max(...trained)).toBeLessThan(Math.min(...validation, ...test));
        expect(Math.max(...validation)).toBeLessThan(Math.min(...test));
        expect(trained.length).toBeLessThanOrEqual(0.5 * values.length);
      }),
    );
  });

  it("refuses data without times, and cuts out of order", () => {
    expect(() => splitByTime(three, cuts)).toThrow(/a time for every interaction/);
    const timed = { ...three, timestamps: new Float64Array(10) };
    expect(() => splitByTime(timed, { validationCut: 0.8, testCut: 0.7 })).toThrow(InputError);
    expect(() => splitByTime(timed, { validationCut: 0, testCut: 1 })).toThrow(InputError);
  });
});

describe("splitNone", () => {
  it("trains on everything", () => {
    const split = splitNone(three);
    expectSound(split);
    expect([...split.trainEnds]).toEqual([4, 6, 9, 10]);
    expect(split.test).toHaveLength(0);
  });
});
