import { expect, test } from "vitest";
import { InputError } from "../common/errors.ts";
import { findRecipe } from "../recipes/find-recipe.ts";
import type { NetworkRecipe } from "../recipes/recipe.ts";
import { withVariant } from "./with-variant.ts";

test("what a variant names is changed, and nothing else", async () => {
  const recipe = (await findRecipe("sasrec-ml1m")) as NetworkRecipe;
  const byTime = { kind: "by-time", validationCut: 0.7, testCut: 0.8 };
  const variant = {
    name: "other",
    model: { sides: ["gaps"] },
    split: byTime,
    epochs: 3,
    everyEpochs: 1,
  } as const;
  expect(withVariant(recipe, variant)).toEqual({
    ...recipe,
    name: "other",
    description: "Recipe sasrec-ml1m, changed for a row of usher reproduce.",
    model: { ...recipe.model, sides: ["gaps"] },
    split: byTime,
    stages: [{ windowLength: 200, epochs: 3 }],
    validation: { ...recipe.validation, everyEpochs: 1 },
  });
  expect(withVariant(recipe, undefined)).toBe(recipe);
});

test("another kind of model has none of the fields of the recipe's", async () => {
  const recipe = (await findRecipe("sasrec")) as NetworkRecipe;
  const model = { kind: "gru4rec", embeddingDim: 8, numLayers: 1, maxLength: 200, dropoutRate: 0 };
  const changed = withVariant(recipe, { name: "other", model });
  expect(changed.model).toEqual({ ...model, itemStart: "random", content: false });
  expect("stages" in changed && changed.stages).toEqual(recipe.stages);
});

test("some fields of a split, and another loss", async () => {
  const recipe = await findRecipe("informative-encoder");
  const changed = withVariant(recipe, {
    name: "other",
    split: { by: "user" },
    loss: { kind: "binary" },
  });
  expect(changed).toEqual({
    ...recipe,
    name: "other",
    description: expect.stringContaining("informative-encoder"),
    split: { ...recipe.split, by: "user" },
    loss: { kind: "binary" },
  });
});

test("learning from others", async () => {
  const recipe = await findRecipe("sasrec-amazon");
  const distillation = { share: 0.5, numItems: 100 };
  const changed = withVariant(recipe, { name: "other", distillation });
  expect(changed).toMatchObject({ name: "other", model: recipe.model, distillation });
});

test.each([
  ["popularity", { epochs: 3 }, /popularity: is fitted at once/],
  ["popularity", { model: { sides: ["gaps"] } }, /sides/],
  ["bert4rec-ml1m-liked", { epochs: 3 }, /has 2 stages/],
  ["informative-encoder", { everyEpochs: 3 }, /validates nothing/],
  ["sasrec", { split: { by: "user" } }, /kind "leave-one-out" has no field "by"/],
] as const)("%s has no such thing to change: %j", async (name, change, message) => {
  const recipe = await findRecipe(name);
  expect(() => withVariant(recipe, { name: "other", ...change })).toThrow(InputError);
  expect(() => withVariant(recipe, { name: "other", ...change })).toThrow(message);
});
