/**
 * The features of items that `--features` names.
 */
import { InputError } from "../common/errors.ts";
import type { FeatureTable } from "../data/features/feature-set.ts";
import { readFeatures } from "../data/features/read-features.ts";

/** @throws InputError when it cannot be read, or describes no items. */
export async function readItemFeatures(path: string): Promise<FeatureTable> {
  const { items } = await readFeatures(path);
  if (items) return items;
  throw new InputError(`--features ${path}: describes no items; give it a table of them`);
}
