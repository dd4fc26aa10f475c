/**
 * Recipes by name: those that ship in `runs/`, or a file of your own.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../common/errors.ts";
import { parseRecipe } from "./parse-recipe.ts";
import type { Recipe } from "./recipe.ts";

const shipped = new URL("../../runs/", import.meta.url);

/** The names of the recipes that ship. */
export async function shippedRecipes(): Promise<readonly string[]> {
  const files = await readdir(shipped);
  return files
    .filter((file) => file.endsWith(".json"))
    .map((file) => basename(file, ".json"))
    .sort();
}

/**
 * @param nameOrPath - "bert4rec", "ease" ..., or the path of a JSON file.
 * @throws InputError when there is none, or it is wrong.
 */
export async function findRecipe(nameOrPath: string): Promise<Recipe> {
  const names = await shippedRecipes();
  const path = names.includes(nameOrPath)
    ? fileURLToPath(new URL(`${nameOrPath}.json`, shipped))
    : nameOrPath;
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(
      `recipe "${nameOrPath}": expected a JSON file or one of ${names.join(", ")}`,
      { cause: error },
    );
  });
  return parseRecipe(text, path);
}
