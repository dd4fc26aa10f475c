/**
 * What is known of users and items: from a file that the user names, else from the data set itself.
 */
import { createHash } from "node:crypto";
import { InputError } from "../common/errors.ts";
import type { FeatureSet } from "../data/features/feature-set.ts";
import { filmFeatures } from "../data/features/feature-set.ts";
import { readFeatures, readKnownFeatures } from "../data/features/read-features.ts";
import { sidesOf } from "./fit-sides.ts";
import type { PreparedData } from "./prepare-data.ts";
import { isNetwork, type Recipe } from "./recipe.ts";

/**
 * Users of several data sets are not told apart by their ids, so nothing is known of them.
 * @param path - of a `features.json`, which takes the place of what the data set says.
 * @throws InputError when a file is not as it should be.
 */
export async function prepareFeatures(
  { folders, films }: Pick<PreparedData, "folders" | "films">,
  path: string | undefined,
): Promise<FeatureSet> {
  const known =
    folders.length === 1
      ? await readKnownFeatures(folders[0], films)
      : { users: null, items: filmFeatures(films) };
  if (path === undefined) return known;
  const own = await readFeatures(path);
  return { users: own.users ?? known.users, items: own.items ?? known.items };
}

/**
 * What a recipe reads of users and items; null for one that reads none, and nothing is opened.
 * @throws InputError for features that nobody reads, and as `prepareFeatures` does.
 */
export async function featuresFor(
  recipe: Recipe,
  data: PreparedData,
  path?: string,
): Promise<FeatureSet | null> {
  const isRead = isNetwork(recipe) && (sidesOf(recipe).length > 0 || recipe.model.content);
  if (isRead) return prepareFeatures(data, path);
  if (path === undefined) return null;
  throw new InputError(
    `--features ${path}: recipe ${recipe.name} reads none; leave it out, or name what to read in model.sides or model.content`,
  );
}

/** Changes with any of the values. */
export function featuresFingerprint({ users, items }: FeatureSet): string {
  const hash = createHash("sha256");
  for (const table of [users, items]) {
    hash.update(JSON.stringify(table && [table.specs, [...table.rows]]));
  }
  return hash.digest("hex");
}
