/**
 * A recipe as a variant changes it.
 */
import { InputError } from "../common/errors.ts";
import { parseRecipe } from "../recipes/parse-recipe.ts";
import { isNetwork, type NetworkRecipe, type Recipe } from "../recipes/recipe.ts";
import type { Variant } from "./reproduction.ts";

/** @throws InputError when the recipe has no such thing to change. */
export function withVariant(recipe: Recipe, variant: Variant | undefined): Recipe {
  if (variant === undefined) return recipe;
  const { name, model, loss, distillation, split } = variant;
  const changed = {
    ...recipe,
    ...(isNetwork(recipe) ? withOtherEpochs(recipe, variant) : refuseEpochs(recipe, variant)),
    name,
    description: `Recipe ${recipe.name}, changed for a row of usher reproduce.`,
    model: withOtherFields(recipe.model, model),
    split: withOtherFields(recipe.split, split),
    ...(loss && { loss }),
    ...(distillation && { distillation }),
  };
  return parseRecipe(JSON.stringify(changed), name);
}

/** Another kind has none of the fields of the recipe's. */
function withOtherFields(given: object, change: Readonly<Record<string, unknown>> = {}): object {
  return "kind" in change ? change : { ...given, ...change };
}

function withOtherEpochs(
  { name, stages, validation }: NetworkRecipe,
  { epochs, everyEpochs }: Variant,
): object {
  if (epochs !== undefined && stages.length > 1) {
    throw new InputError(`recipe ${name}: has ${stages.length} stages, a variant changes one`);
  }
  if (everyEpochs !== undefined && validation === null) {
    throw new InputError(
      `recipe ${name}: validates nothing, so nothing every ${everyEpochs} epochs`,
    );
  }
  return {
    ...(epochs !== undefined && { stages: [{ ...stages[0], epochs }] }),
    ...(everyEpochs !== undefined && { validation: { ...validation, everyEpochs } }),
  };
}

function refuseEpochs({ name }: Recipe, { epochs, everyEpochs }: Variant): object {
  if (epochs === undefined && everyEpochs === undefined) return {};
  throw new InputError(`recipe ${name}: is fitted at once, and has no epochs`);
}
