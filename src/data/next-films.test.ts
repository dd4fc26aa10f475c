import { describe, expect, it } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { createRandom } from "../common/random.ts";
import {
  createNextFilms,
  drawWindows,
  inputsOf,
  type NextFilmsSplit,
  splitNextFilms,
  targetsOf,
  trainableInteractions,
  trainableRows,
} from "./next-films.ts";

const data = toInteractions(
  [
    [0, 1, 2, 3, 4, 5, 6, 7, 0],
    [4, 3, 2, 1],
    [0, 6, 1],
  ],
  8,
);
const lengths = { numInputs: 2, numTargets: 2 };

describe("windows", () => {
  it("lie as far apart as they have inputs; histories that are too short have none", () => {
    const task = createNextFilms(data, lengths);
    expect(
      [...task.starts].map((_, w) => [...inputsOf(task, w), "->", ...targetsOf(task, w)]),
    ).toEqual([
      [0, 1, "->", 2, 3],
      [2, 3, "->", 4, 5],
      [4, 5, "->", 6, 7],
      [4, 3, "->", 2, 1],
    ]);
    expect([...task.users]).toEqual([0, 0, 0, 1]);
  });

  it("must be there", () => {
    expect(() => createNextFilms(data, { numInputs: 8, numTargets: 5 })).toThrow(
      "next films: no history has 13 items",
    );
  });
});

/** Twelve viewers with four to seven windows each. */
const many = toInteractions(
  Array.from({ length: 12 }, (_, u) => Array.from({ length: 10 + u }, (_, i) => (u + i) % 30)),
  30,
);

describe("a split", () => {
  const options = { ...lengths, testShare: 0.25, validationShare: 0.25, seed: 3 };

  function parts({ task, train, validation, test }: NextFilmsSplit): number[] {
    expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual([
      ...task.starts.keys(),
    ]);
    return [train.length, validation.length, test.length];
  }

  it("holds shares of the windows out, the same for the same seed", () => {
    const split = splitNextFilms(many, { ...options, by: "window" });
    const [train, validation, test] = parts(split);
    const total = train + validation + test;
    expect(test).toBe(Math.round(total / 4));
    expect(validation).toBe(Math.round((total - test) / 4));
    expect(splitNextFilms(many, { ...options, by: "window" })).toEqual(split);
    const other = splitNextFilms(many, { ...options, by: "window", seed: 4 });
    expect(other.test).not.toEqual(split.test);
  });

  it("by user puts no viewer into two parts", () => {
    const split = splitNextFilms(many, { ...options, by: "user" });
    parts(split);
    const usersOf = (windows: Uint32Array) => new Set([...windows].map((w) => split.task.users[w]));
    const sets = [split.train, split.validation, split.test].map(usersOf);
    expect(sets.map(({ size }) => size)).toEqual([7, 2, 3]);
    expect(new Set(sets.flatMap((set) => [...set])).size).toBe(12);
  });

  it.each(["window", "user"] as const)("by %s lets nothing be learnt that is held out", (by) => {
    const split = splitNextFilms(many, { ...options, by });
    const isTrainable = trainableRows(split);
    const { task } = split;
    for (const window of [...split.validation, ...split.test]) {
      const start = task.starts[window] + 2;
      expect([...isTrainable.subarray(start, start + 2)]).toEqual([0, 0]);
      const user = task.users[window];
      const rows = isTrainable.subarray(many.offsets[user], many.offsets[user + 1]);
      if (by === "user") expect(rows.includes(1)).toBe(false);
    }
    for (const window of split.train) {
      const start = task.starts[window] + 2;
      expect([...isTrainable.subarray(start, start + 2)]).toEqual([1, 1]);
    }
    const numTrainable = isTrainable.reduce((sum, value) => sum + value, 0);
    expect(trainableInteractions(split).items).toHaveLength(numTrainable);
  });
});

describe("windows drawn for training", () => {
  const split = splitNextFilms(many, {
    ...lengths,
    by: "window",
    testShare: 0.2,
    validationShare: 0.2,
    seed: 1,
  });
  const isTrainable = trainableRows(split);

  it("in time predict every row that may be, each from rows of its own viewer", () => {
    const seen = new Set<number>();
    for (let epoch = 1; epoch <= 20; epoch++) {
      for (const window of drawWindows(split.task, isTrainable, createRandom(1, "draw", epoch))) {
        const user = many.offsets.findLastIndex((offset) => offset <= window.start);
        const historyEnd = many.offsets[user + 1];
        expect(window.end).toBeLessThan(historyEnd);
        const numBefore = window.end - many.offsets[user];
        expect(window.end - window.start).toBe(Math.min(2, numBefore));
        const rows = [window.end, window.end + 1].filter((row) => row < historyEnd);
        const targets = rows.filter((row) => isTrainable[row] === 1);
        expect(targets.length).toBeGreaterThan(0);
        for (const row of targets) seen.add(row);
      }
    }
    const first = new Set(many.offsets);
    const expected = [...isTrainable.keys()].filter((row) => isTrainable[row] && !first.has(row));
    expect([...seen].sort((a, b) => a - b)).toEqual(expected);
  });
});
