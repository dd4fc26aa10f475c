/**
 * A recipe as a variant changes it.
 */
import { parseRecipe } from "../recipes/parse-recipe.ts";
import { isNetwork, type Recipe } from "../recipes/recipe.ts";
import type { Variant } from "./reproduction.ts";

/** @throws InputError when the recipe has no such thing to change. */
export function withVariant(recipe: Recipe, variant: Variant | undefined): Recipe {
  if (variant === undefined) return recipe;
  const { name, sides, loss, split, epochs, everyEpochs } = variant;
  const changed = {
    ...recipe,
    name,
    model: { ...recipe.model, ...(sides && { sides }) },
    // Another kind of split has none of the fields of the recipe's.
    split: split && "kind" in split ? split : { ...recipe.split, ...split },
    ...(loss && { loss }),
    ...(isNetwork(recipe) && {
      stages: recipe.stages.map((stage) => ({ ...stage, ...(epochs && { epochs }) })),
      validation: recipe.validation && {
        ...recipe.validation,
        ...(everyEpochs && { everyEpochs }),
      },
    }),
  };
  return parseRecipe(JSON.stringify(changed), name);
}
