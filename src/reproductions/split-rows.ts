/**
 * Splits that hold out rows of histories, which is what the tasks of `reproduction.ts` ask about.
 */
import { InputError } from "../common/errors.ts";
import type { Interactions } from "../data/interactions.ts";
import type { Split } from "../data/split.ts";
import { splitData } from "../recipes/prepare-data.ts";
import type { Recipe } from "../recipes/recipe.ts";

/** @throws InputError for a recipe that holds out windows: no task here asks about them. */
export function splitRows(
  interactions: Interactions,
  { name, split: record }: Pick<Recipe, "name" | "split">,
): Split {
  const split = splitData(interactions, record);
  if (split.kind !== "next-films") return split;
  throw new InputError(
    `recipe ${name}: holds out windows of next films, not rows; measure it with usher evaluate`,
  );
}
