/**
 * A recipe as a variant changes it.
 */
import { parseRecipe, type Recipe } from "../recipes/recipe.ts";
import type { Variant } from "./reproduction.ts";

/** @throws InputError when the recipe has no such thing to change. */
export function withVariant(recipe: Recipe, variant: Variant | undefined): Recipe {
  if (variant === undefined) return recipe;
  const { name, sides, loss, by } = variant;
  const changed = {
    ...recipe,
    name,
    model: { ...recipe.model, ...(sides && { sides }) },
    split: { ...recipe.split, ...(by && { by }) },
    ...(loss && { loss }),
  };
  return parseRecipe(JSON.stringify(changed), name);
}
