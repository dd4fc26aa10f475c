import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryInteractions, toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import type { Interactions } from "../data/interactions.ts";
import { createEaseRecommender } from "./ease.ts";
import { easeMemory, fitEase } from "./ease-fit.ts";

/** Solves `A x = b` by Gauss-Jordan elimination with exchanges. */
function solve(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]]);
  for (let k = 0; k < rows.length; k++) {
    const best = rows.findLastIndex((row, i) => {
      return i >= k && rows.slice(k).every((other) => Math.abs(other[k]) <= Math.abs(row[k]));
    });
    [rows[k], rows[best]] = [rows[best], rows[k]];
    for (const [i, row] of rows.entries()) {
      if (i === k) continue;
      const factor = row[k] / rows[k][k];
      for (let j = k; j < row.length; j++) row[j] -= factor * rows[k][j];
    }
  }
  return rows.map((row, i) => row[row.length - 1] / row[i]);
}

/** Column `j` of B by its definition: ridge regression of film `j` on all other films. */
function ridgeColumn(train: Interactions, l2: number, j: number): number[] {
  const users = train.userIds.map(
    (_, u) => new Set(train.items.slice(train.offsets[u], train.offsets[u + 1])),
  );
  const others = [...train.itemIds.keys()].filter((i) => i !== j);
  const countBoth = (a: number, b: number): number =>
    users.filter((items) => items.has(a) && items.has(b)).length;
  const a = others.map((i) => others.map((k) => countBoth(i, k) + (i === k ? l2 : 0)));
  const solution = solve(
    a,
    others.map((i) => countBoth(i, j)),
  );
  return [...solution.slice(0, j), 0, ...solution.slice(j)];
}

test("each column is the ridge regression of its film on the others", async () => {
  const l2 = fc.constantFrom(0.5, 3, 100);
  await fc.assert(
    fc.asyncProperty(arbitraryInteractions(1), l2, async (train, penalty) => {
      const { shape, data } = (await fitEase(train, { l2: penalty })).tensors.itemWeights;
      const numItems = train.itemIds.length;
      expect(shape).toEqual([numItems, numItems]);
      for (let j = 0; j < numItems; j++) {
        const expected = ridgeColumn(train, penalty, j);
        for (const [i, value] of expected.entries()) {
          expect(data[i * numItems + j]).toBeCloseTo(value, 5);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test("a score is the sum of the weights from the films of the history, each once", async () => {
  const train = toInteractions(
    [
      [0, 1, 2],
      [0, 2],
      [1, 2, 3],
    ],
    4,
  );
  const weights = await fitEase(train, { l2: 1 });
  const { data } = weights.tensors.itemWeights;
  const scores = await createEaseRecommender(weights).score([{ items: [0, 3, 0] }]);
  const expected = [0, 1, 2, 3].map((j) => Math.fround(data[0 * 4 + j] + data[3 * 4 + j]));
  expect([...scores]).toEqual(expected);
});

test("what does not fit into memory is refused with what it would need", async () => {
  const train = toInteractions([[0]], 59_047);
  expect(easeMemory(59_047)).toBeGreaterThan(2 * 8 * 59_047 ** 2);
  const refused = fitEase(train, { l2: 1, memoryLimitBytes: 8 * 2 ** 30 });
  await expect(refused).rejects.toThrow(InputError);
  await expect(refused).rejects.toThrow(/ease on 59047 items needs 77\.9 GiB .* 8\.0 GiB;/);
});

test("l2 must be above 0", async () => {
  await expect(fitEase(toInteractions([[0]], 1), { l2: 0 })).rejects.toThrow(/l2 .* got 0/);
});
