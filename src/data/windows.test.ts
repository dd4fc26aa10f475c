import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../common/random.ts";
import type { Interactions } from "./interactions.ts";
import { lastWindows, targetWindows, tiledWindows, type Window } from "./windows.ts";

/** Histories of the given lengths; their items do not matter here. */
function histories(lengths: readonly number[]): Interactions {
  const offsets = Uint32Array.of(0, ...lengths);
  for (let u = 0; u < lengths.length; u++) offsets[u + 1] += offsets[u];
  const items = new Uint32Array(offsets[lengths.length]);
  const userIds = lengths.map((_, u) => `u${u}`);
  return { userIds, itemIds: ["i"], offsets, items, ratings: null, timestamps: null };
}

const someLengths = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 });
const windowLength = fc.integer({ min: 5, max: 20 });

/** How often each row lies in a window. */
function coverage(windows: readonly Window[], numRows: number): number[] {
  const counts = new Array<number>(numRows).fill(0);
  for (const { start, end } of windows) for (let r = start; r < end; r++) counts[r]++;
  return counts;
}

describe("lastWindows", () => {
  it("takes the newest rows of each user who has any", () => {
    expect(lastWindows(histories([3, 0, 5]), 4)).toEqual([
      { start: 0, end: 3 },
      { start: 4, end: 8 },
    ]);
  });
});

describe("tiledWindows", () => {
  it("covers each row once, but for fewer than five at the end of a long history", () => {
    fc.assert(
      fc.property(someLengths, windowLength, fc.nat(), (lengths, length, seed) => {
        const data = histories(lengths);
        const windows = tiledWindows(data, { longest: length }, createRandom(seed, "test"));
        const counts = coverage(windows, data.items.length);
        for (const [u, size] of lengths.entries()) {
          const own = counts.slice(data.offsets[u], data.offsets[u + 1]);
          const uncovered = own.filter((count) => count === 0).length;
          expect(own.every((count) => count <= 1)).toBe(true);
          expect(uncovered).toBeLessThan(size > length ? 5 : 1);
          expect(own.slice(0, size - uncovered).every((count) => count === 1)).toBe(true);
        }
      }),
    );
  });

  it("keeps every window within one user and one length", () => {
    fc.assert(
      fc.property(someLengths, windowLength, fc.nat(), (lengths, length, seed) => {
        const data = histories(lengths);
        for (const { start, end } of tiledWindows(
          data,
          { longest: length },
          createRandom(seed, "test"),
        )) {
          const u = lengths.findIndex((_, user) => start < data.offsets[user + 1]);
          expect(start).toBeGreaterThanOrEqual(data.offsets[u]);
          expect(end).toBeLessThanOrEqual(data.offsets[u + 1]);
          expect(end - start).toBeGreaterThan(0);
          expect(end - start).toBeLessThanOrEqual(length);
        }
      }),
    );
  });

  it("leaves a history that fits in one piece, however short", () => {
    expect(tiledWindows(histories([1, 10]), { longest: 10 }, createRandom(1, "test"))).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 11 },
    ]);
  });

  it("draws its borders by chance, the same for the same seed", () => {
    const data = histories([100]);
    const startsOf = (epoch: number): number[] =>
      tiledWindows(data, { longest: 20 }, createRandom(1, "windows", epoch)).map(
        ({ start }) => start,
      );
    const borders = new Set(Array.from({ length: 200 }, (_, epoch) => startsOf(epoch)[1] % 20));
    expect(startsOf(1)).toEqual(startsOf(1));
    // Twenty remainders drawn 200 times: one is missed with a chance of 20 * 0.95^200 = 0.0007.
    expect(borders.size).toBe(20);
  });

  it("draws the lengths where it may, each doubling as likely as any other", () => {
    const data = histories(new Array(200).fill(2000));
    const windows = tiledWindows(data, { longest: 79, shortest: 10 }, createRandom(1, "test"));
    // The first and the last tile of a history are what is left.
    const lengths = windows
      .filter(({ start, end }) => start % 2000 > 0 && end % 2000 > 0)
      .map(({ start, end }) => end - start);
    expect(Math.min(...lengths)).toBe(10);
    expect(Math.max(...lengths)).toBe(79);
    for (const from of [10, 20, 40]) {
      const share =
        lengths.filter((length) => length >= from && length < 2 * from).length / lengths.length;
      expect(share).toBeCloseTo(1 / 3, 1);
    }
  });
});

describe("targetWindows", () => {
  const sizes = fc
    .tuple(fc.integer({ min: 2, max: 20 }), fc.double({ min: 0.01, max: 1, noNaN: true }))
    .map(([numInputs, share]) => ({ numInputs, numTargets: Math.ceil(numInputs * share) }));

  it("makes every row but a user's first a target once, after all the context there is room for", () => {
    fc.assert(
      fc.property(someLengths, sizes, fc.nat(), (lengths, size, seed) => {
        const data = histories(lengths);
        const windows = targetWindows(data, size, createRandom(seed, "test"));
        const targets = windows.map(({ firstTarget, end }) => ({ start: firstTarget, end }));
        const counts = coverage(targets, data.items.length);
        for (let u = 0; u < lengths.length; u++) {
          const own = counts.slice(data.offsets[u], data.offsets[u + 1]);
          expect(own).toEqual(own.map((_, place) => (place === 0 ? 0 : 1)));
        }
        for (const { start, firstTarget, end } of windows) {
          const u = lengths.findIndex((_, user) => start < data.offsets[user + 1]);
          expect(start).toBe(Math.max(data.offsets[u], end - 1 - size.numInputs));
          expect(firstTarget).toBeGreaterThan(start);
          const isWholeHistory = start === data.offsets[u];
          if (!isWholeHistory) expect(end - firstTarget).toBeLessThanOrEqual(size.numTargets);
        }
      }),
    );
  });

  it("draws its borders by chance, the same for the same seed", () => {
    const data = histories([100]);
    const startsOf = (epoch: number): number[] =>
      targetWindows(data, { numInputs: 20, numTargets: 10 }, createRandom(1, "windows", epoch)).map(
        ({ firstTarget }) => firstTarget,
      );
    const borders = new Set(Array.from({ length: 100 }, (_, epoch) => startsOf(epoch)[1] % 10));
    expect(startsOf(1)).toEqual(startsOf(1));
    // Ten remainders drawn a hundred times: one is missed with a chance of 10 * 0.9^100 = 0.0003.
    expect(borders.size).toBe(10);
  });
});
