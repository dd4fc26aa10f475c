import { beforeAll, describe, expect, it } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { hasSharedData, sharedData } from "../../test/shared-data.ts";
import { loadDataset } from "../data/load-dataset.ts";
import {
  createNextFilms,
  NEXT_FIVE_OF_TEN,
  type NextFilmsSplit,
  splitNextFilms,
} from "../data/next-films.ts";
import { fitNextFilmsRidge } from "../models/next-films-ridge.ts";
import { createRowRecommender } from "../models/score-rows.ts";
import { measureNextFilms, windowHistories } from "./measure-next-films.ts";

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe("the task of the next films", () => {
  const data = toInteractions(
    [
      [0, 1, 2, 3],
      [4, 3, 2, 1],
    ],
    5,
  );
  const task = createNextFilms(data, { numInputs: 2, numTargets: 2 });

  it("counts the targets among the first places, without the inputs, ties against them", async () => {
    const measure = (scores: readonly number[]) =>
      measureNextFilms(
        createRowRecommender("test", 5, (_, row) => row.set(scores)),
        task,
        Uint32Array.of(0, 1),
        windowHistories(task, null),
      );
    // Window 0: 2 and 3 next, 0 and 1 hidden, so only 4 competes.
    expect(await measure([9, 9, 3, 2, 1])).toEqual({
      precision: Float64Array.of(1, 0.5),
      hitRate: Float64Array.of(1, 1),
      lists: Int32Array.of(2, 3, 0, 1),
    });
    expect((await measure([0, 0, 3, 1, 1])).precision[0]).toBe(0.5);
    expect((await measure([0, 0, 1, 1, 1])).precision[0]).toBe(0.5);
    expect((await measure([0, 0, 1, 1, 2])).precision[0]).toBe(0.5);
    await expect(measure([0, 0, NaN, 1, 2])).rejects.toThrow(
      "test, window 0: the score of item index 2",
    );
  });
});

describe.skipIf(!hasSharedData)("MovieLens 1M", () => {
  let split: NextFilmsSplit;
  beforeAll(async () => {
    const { interactions } = await loadDataset(sharedData("ml-1m"), {
      mostWatchedItems: 1000,
      minUserInteractions: 15,
    });
    const shares = { testShare: 0.1, validationShare: 0, seed: 1 };
    split = splitNextFilms(interactions, { ...NEXT_FIVE_OF_TEN, by: "window", ...shares });
  });

  it("has as many windows as the task is described with", () => {
    const { interactions, starts } = split.task;
    expect(interactions.itemIds).toHaveLength(1000);
    expect(interactions.userIds).toHaveLength(5958);
    expect(starts).toHaveLength(69_028);
    expect(split.test).toHaveLength(6903);
  });

  it("gives a ridge what NumPy gives it", async () => {
    const { task, train, test } = split;
    const ridge = await fitNextFilmsRidge(task, train, { decay: 0.85, l2: 100 });
    const toInput = windowHistories(task, null);
    const { precision, hitRate } = await measureNextFilms(ridge, task, test, toInput);
    // NumPy: 0.1397 and 0.4697 over five splits, which vary by 0.0021 and 0.0045.
    expect(Math.abs(meanOf(precision) - 0.1397)).toBeLessThan(0.006);
    expect(Math.abs(meanOf(hitRate) - 0.4697)).toBeLessThan(0.0135);
  }, 120_000);
});
