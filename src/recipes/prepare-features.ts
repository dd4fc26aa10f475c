/**
 * What is known of users and items: from a file that the user names, else from the data set itself.
 */
import { createHash } from "node:crypto";
import type { FeatureSet } from "../data/features/feature-set.ts";
import { filmFeatures } from "../data/features/feature-set.ts";
import { readFeatures, readKnownFeatures } from "../data/features/read-features.ts";
import type { Film } from "../data/interactions.ts";

/**
 * @param folders - of the data sets. Users of several are not told apart by their ids, so nothing is
 *   known of them.
 * @param films - those of all the data sets together.
 * @param path - of a `features.json`, which takes the place of what the data set says.
 * @throws InputError when a file is not as it should be.
 */
export async function prepareFeatures(
  folders: readonly string[],
  films: ReadonlyMap<string, Film>,
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

/** Changes with any of the values. */
export function featuresFingerprint({ users, items }: FeatureSet): string {
  const hash = createHash("sha256");
  for (const table of [users, items]) {
    hash.update(JSON.stringify(table && [table.specs, [...table.rows]]));
  }
  return hash.digest("hex");
}
