import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { findRecipe, shippedRecipes } from "../recipes/find-recipe.ts";
import { type PreparedData, splitData } from "../recipes/prepare-data.ts";
import { isNetwork, type Recipe } from "../recipes/recipe.ts";
import { quickData, quickRecipe } from "./quick.ts";

test("every recipe that ships has a quick version", async () => {
  for (const name of await shippedRecipes()) {
    const recipe = await findRecipe(name);
    const quick = quickRecipe(recipe);
    expect(quick.split).toEqual(recipe.split);
    if (!isNetwork(quick) || !isNetwork(recipe)) continue;
    expect(quick.model.kind).toBe(recipe.model.kind);
    expect(quick.loss).toEqual(recipe.loss);
    expect(quick.model.embeddingDim).toBeLessThan(recipe.model.embeddingDim);
    expect(quick.name).toBe(`${name} (quick)`);
  }
});

/** Of 600 users, each a day after the one before, eight films. */
const histories = Array.from({ length: 600 }, (_, u) => Array.from({ length: 8 }, (_, i) => u + i));
const interactions = {
  ...toInteractions(histories, 607),
  timestamps: Float64Array.from(
    { length: 4800 },
    (_, row) => Math.floor(row / 8) * 86_400 + (row % 8),
  ),
};
const data = { names: ["toy"], fingerprint: "f", fingerprints: ["f"], interactions } as unknown;

function quickOf(split: Recipe["split"]) {
  const quick = quickData(data as PreparedData, { split });
  const { offsets, items, itemIds, userIds } = quick.interactions;
  expect(quick.fingerprint).not.toBe("f");
  expect(splitData(quick.interactions, split).test.length).toBeGreaterThan(0);
  const rows = userIds.map((_, u) =>
    Array.from(items.subarray(offsets[u], offsets[u + 1]), (item) => itemIds[item]),
  );
  return { userIds, rows };
}

test.each([
  ["leave-one-out", 7],
  ["half-history", 4],
] as const)("no test row of the %s split is left", (kind, numLeft) => {
  const { rows } = quickOf({ kind });
  expect(rows).toHaveLength(500);
  for (const own of rows) {
    const first = Number(own[0].slice(1));
    expect(own).toEqual(histories[first].slice(0, numLeft).map((item) => `i${item}`));
  }
});

test("of a split by time nothing after the cut is left, and users from first to last", () => {
  const { userIds } = quickOf({ kind: "by-time", validationCut: 0.8, testCut: 0.95 });
  expect(userIds).toHaveLength(500);
  const numbers = userIds.map((id) => Number(id.slice(1)));
  expect(numbers[0]).toBe(0);
  expect(numbers.at(-1)).toBeGreaterThan(560);
  expect(Math.max(...numbers)).toBeLessThan(0.95 * 600);
});
