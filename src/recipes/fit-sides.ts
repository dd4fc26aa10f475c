/**
 * What a recipe reads besides items, as numbers: fitted to the training rows.
 */
import { InputError } from "../common/errors.ts";
import { encodeTable, fitFeatureEncoding } from "../data/features/feature-encoding.ts";
import type { FeatureSet, FeatureTable } from "../data/features/feature-set.ts";
import type { Interactions } from "../data/interactions.ts";
import { gapsOf } from "../data/time-gaps.ts";
import type { SideValues } from "../models/side-batches.ts";
import { fitRatingScale, NO_SIDES } from "../models/side-information.ts";
import type { NetworkRecipe } from "./recipe.ts";

export type SideName = "ratings" | "users" | "items" | "gaps" | "next-gaps";

/** Those that a recipe names. */
export function sidesOf({ model }: NetworkRecipe): readonly SideName[] {
  return "sides" in model ? model.sides : [];
}

/** Whether a recipe reads how much time lies between films. */
export function readsTimes(recipe: NetworkRecipe): boolean {
  const names = sidesOf(recipe);
  return names.includes("gaps") || names.includes("next-gaps");
}

/**
 * @param train - every user and item of the model, of whom features are read, those that are held out
 *   among them: they say nothing of what anyone watched. The rows decide the scale of ratings.
 * @throws InputError where the recipe reads what is not known of these data.
 */
export function fitSides(
  recipe: NetworkRecipe,
  train: Interactions,
  features: FeatureSet,
): SideValues {
  const names = sidesOf(recipe);
  const hiddenShare = "hiddenSideShare" in recipe.model ? recipe.model.hiddenSideShare : 0;
  if (names.length === 0)
    return { sides: NO_SIDES, users: null, items: null, gaps: null, hiddenShare };
  const fitTable = (table: FeatureTable | null, name: SideName, ids: readonly string[]) => {
    if (!names.includes(name)) return null;
    if (table === null) throw missing(recipe, name, "give them by --features");
    const encoding = fitFeatureEncoding(table, ids);
    return { encoding, values: encodeTable(encoding, table.rows, ids) };
  };
  const users = fitTable(features.users, "users", train.userIds);
  const items = fitTable(features.items, "items", train.itemIds);
  if (names.includes("ratings") && train.ratings === null) {
    throw missing(recipe, "ratings", "give data that has some, or name their column");
  }
  const ratings = names.includes("ratings") && train.ratings;
  const isTimed = readsTimes(recipe);
  const gaps = isTimed ? gapsOf(train) : null;
  if (isTimed && !gaps?.some((gap) => !Number.isNaN(gap))) {
    const side = names.includes("gaps") ? "gaps" : "next-gaps";
    throw missing(recipe, side, "give data that has some, or name their column");
  }
  return {
    sides: {
      ratings: ratings ? fitRatingScale(ratings) : null,
      users: users?.encoding ?? null,
      items: items?.encoding ?? null,
      gaps: names.includes("gaps"),
      nextGaps: names.includes("next-gaps"),
    },
    users: users?.values ?? null,
    items: items?.values ?? null,
    gaps,
    hiddenShare,
  };
}

function missing({ name }: NetworkRecipe, side: SideName, remedy: string): InputError {
  const plain = { ratings: "ratings", gaps: "times", "next-gaps": "times" };
  const what = side in plain ? plain[side as keyof typeof plain] : `features of ${side}`;
  return new InputError(
    `recipe ${name}: it reads ${what}, and none are known of these data; ${remedy}, or leave "${side}" out of model.sides`,
  );
}
