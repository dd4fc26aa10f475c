/**
 * Where the checkpoints of published rows lie: in the repository, in 8 bits, but in no npm package.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MANIFEST_FILE } from "../models/bundle-format.ts";

/** The folder with a bundle for each recipe, called like it. */
export const CHECKPOINTS: string = fileURLToPath(new URL("../../checkpoints", import.meta.url));

/** @returns the folder of the bundle, undefined where none comes with this copy of Usher. */
export function findCheckpoint(recipe: string): string | undefined {
  const folder = join(CHECKPOINTS, recipe);
  return existsSync(join(folder, MANIFEST_FILE)) ? folder : undefined;
}
