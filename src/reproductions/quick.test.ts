import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { findRecipe, shippedRecipes } from "../recipes/find-recipe.ts";
import { type PreparedData, splitData } from "../recipes/prepare-data.ts";
import { isNetwork } from "../recipes/recipe.ts";
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

test.each(["leave-one-out", "half-history"] as const)(
  "no test row of the %s split is left",
  (kind) => {
    const histories = Array.from({ length: 600 }, (_, u) =>
      Array.from({ length: 8 }, (_, i) => u + i),
    );
    const interactions = toInteractions(histories, 607);
    const data = { names: ["toy"], fingerprint: "f", fingerprints: ["f"], interactions };
    const quick = quickData(data as unknown as PreparedData, { split: { kind } });
    const heldOut = kind === "leave-one-out" ? 1 : 4;
    const { offsets, items, itemIds, userIds } = quick.interactions;
    expect(userIds).toHaveLength(500);
    for (let u = 0; u < userIds.length; u++) {
      const ids = Array.from(items.subarray(offsets[u], offsets[u + 1]), (item) => itemIds[item]);
      const whole = histories[Math.floor((u * 600) / 500)];
      expect(ids).toEqual(whole.slice(0, 8 - heldOut).map((item) => `i${item}`));
    }
    expect(splitData(quick.interactions, { kind }).test.length).toBeGreaterThan(0);
    expect(quick.fingerprint).not.toBe("f");
  },
);
