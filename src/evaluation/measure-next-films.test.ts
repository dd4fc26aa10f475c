import { beforeAll, describe, expect, it } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { hasSharedData, sharedData } from "../../test/shared-data.ts";
import { loadDataset } from "../data/load-dataset.ts";
import {
  createNextFilms,
  inputsOf,
  type NextFilms,
  splitWindows,
  targetsOf,
  windowsAsUsers,
} from "../data/next-films.ts";
import { fitNextFilmsRidge } from "../models/next-films-ridge.ts";
import { createRowRecommender } from "../models/score-rows.ts";
import { itemsAlone, measureNextFilms } from "./measure-next-films.ts";

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the task of the next films", () => {
  // Items 0 to 4 are watched most; 5 and 6 once.
  const data = toInteractions(
    [
      [0, 1, 5, 2, 3, 4, 0, 1, 2],
      [4, 3, 2, 1],
      [0, 6, 1],
    ],
    7,
  );
  const task = createNextFilms(data, { numFilms: 5, numInputs: 2, numTargets: 2 });

  it("keeps the most-watched films and who has enough of them, windows as far apart as inputs", () => {
    expect(task.interactions.itemIds).toEqual(["i0", "i1", "i2", "i3", "i4"]);
    expect(task.interactions.userIds).toEqual(["u0", "u1"]);
    expect(
      [...task.starts].map((_, w) => [...inputsOf(task, w), "->", ...targetsOf(task, w)]),
    ).toEqual([
      [0, 1, "->", 2, 3],
      [2, 3, "->", 4, 0],
      [4, 0, "->", 1, 2],
      [4, 3, "->", 2, 1],
    ]);
    expect([...task.users]).toEqual([0, 0, 0, 1]);
    const asUsers = windowsAsUsers(task, Uint32Array.of(1, 3));
    expect([...asUsers.items]).toEqual([2, 3, 4, 0, 4, 3, 2, 1]);
    expect([...asUsers.offsets]).toEqual([0, 4, 8]);
  });

  it("is split by window or by user, the same for the same seed", () => {
    const options = { testShare: 0.5, seed: 3 };
    const byWindow = splitWindows(task, "window", options);
    expect([...byWindow.train, ...byWindow.test].sort()).toEqual([0, 1, 2, 3]);
    expect(byWindow.test).toHaveLength(2);
    expect(splitWindows(task, "window", options)).toEqual(byWindow);
    const byUser = splitWindows(task, "user", options);
    expect(new Set(Array.from(byUser.test, (w) => task.users[w])).size).toBe(1);
    const inner = splitWindows(task, "window", { testShare: 0.5, seed: 1 }, byWindow.train);
    expect([...inner.train, ...inner.test].sort()).toEqual([...byWindow.train]);
  });

  it("counts the targets among the first places, without the inputs, ties against them", async () => {
    const measure = (scores: readonly number[]) =>
      measureNextFilms(
        createRowRecommender("test", 5, (_, row) => row.set(scores)),
        task,
        Uint32Array.of(0, 3),
        itemsAlone(task),
      );
    // Window 0: 2 and 3 next, 0 and 1 hidden, so only 4 competes.
    expect(await measure([9, 9, 3, 2, 1])).toEqual({
      precision: Float64Array.of(1, 0.5),
      hit: Float64Array.of(1, 1),
    });
    expect((await measure([0, 0, 3, 1, 1])).precision[0]).toBe(0.5);
    expect((await measure([0, 0, 1, 1, 1])).precision[0]).toBe(0.5);
    expect((await measure([0, 0, 1, 1, 2])).precision[0]).toBe(0.5);
    await expect(measure([0, 0, NaN, 1, 2])).rejects.toThrow("test, window 0");
  });
});

describe.skipIf(!hasSharedData)("MovieLens 1M", () => {
  let task: NextFilms;
  beforeAll(async () => {
    task = createNextFilms((await loadDataset(sharedData("ml-1m"))).interactions);
  });

  it("has as many windows as the task is described with", () => {
    expect(task.interactions.itemIds).toHaveLength(1000);
    expect(task.interactions.userIds).toHaveLength(5958);
    expect(task.starts).toHaveLength(69_028);
  });

  it("gives a ridge what NumPy gives it", async () => {
    const { train, test } = splitWindows(task, "window", { testShare: 0.1, seed: 1 });
    const ridge = await fitNextFilmsRidge(task, train, { decay: 0.85, l2: 100 });
    const { precision, hit } = await measureNextFilms(ridge, task, test, itemsAlone(task));
    // NumPy: 0.1397 and 0.4697 over five splits, which vary by 0.0021 and 0.0045.
    expect(Math.abs(meanOf(precision) - 0.1397)).toBeLessThan(0.006);
    expect(Math.abs(meanOf(hit) - 0.4697)).toBeLessThan(0.0135);
  }, 120_000);
});
