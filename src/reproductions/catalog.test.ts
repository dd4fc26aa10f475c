import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { InputError } from "../common/errors.ts";
import { loadBundleFiles } from "../models/bundle.ts";
import { parseCatalog } from "../models/bundle-format.ts";
import { findRecipe } from "../recipes/find-recipe.ts";
import { parseRecipe } from "../recipes/parse-recipe.ts";
import type { Recipe } from "../recipes/recipe.ts";
import { findReproduction, REPRODUCTIONS } from "./catalog.ts";
import { CHECKPOINTS, findCheckpoint } from "./find-checkpoint.ts";
import { type Part, partName } from "./reproduction.ts";
import { withVariant } from "./with-variant.ts";

const parts = REPRODUCTIONS.flatMap((reproduction) => reproduction.parts);
const names = [...new Set(parts.map(partName))];

async function recipeOf(name: string): Promise<Recipe> {
  const { recipe, variant } = parts.find((part) => partName(part) === name) as Part;
  return withVariant(await findRecipe(recipe), variant);
}

describe("the catalog", () => {
  it("names each reproduction once", () => {
    const names = REPRODUCTIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.map((name) => findReproduction(name).name)).toEqual(names);
    expect(() => findReproduction("nothing")).toThrow(InputError);
    expect(() => findReproduction("nothing")).toThrow(names.join(", "));
  });

  it("has a recipe for each part, whose split its tasks can be asked of", async () => {
    const splits = {
      "next-item": ["leave-one-out", "by-time"],
      "second-half": ["half-history"],
      "next-films": ["next-films"],
    };
    for (const { recipe, variant, measurements } of parts) {
      const found = await findRecipe(recipe);
      expect(found.name).toBe(recipe);
      const changed = withVariant(found, variant);
      const { name, split } = changed;
      expect(name).toBe(variant?.name ?? recipe);
      // Amazon's sets have one recipe, so two variants are a name alone; every other changes something.
      const isNameAlone = Object.keys(variant ?? {}).join() === "name";
      if (variant && !(recipe === "sasrec-amazon" && isNameAlone))
        expect({ ...changed, name: recipe, description: found.description }).not.toEqual(found);
      for (const { task } of measurements) expect(splits[task.kind]).toContain(split.kind);
    }
  });

  it("puts a variant beside one that is measured before", () => {
    for (const { parts: own } of REPRODUCTIONS) {
      for (const [index, { against }] of own.entries()) {
        if (against === undefined) continue;
        expect(own.slice(0, index).map(partName)).toContain(against);
      }
    }
  });

  it("teaches those whose recipe has distillation, by a row before them", async () => {
    for (const { parts: own } of REPRODUCTIONS) {
      for (const [index, part] of own.entries()) {
        const recipe = await recipeOf(partName(part));
        const isTaught = "distillation" in recipe && recipe.distillation !== null;
        expect(part.teachers !== undefined, recipe.name).toBe(isTaught);
        if (part.teachers === undefined) continue;
        const { of: teacher, seeds } = part.teachers;
        expect(own.slice(0, index)).toContain(teacher);
        expect(teacher.data).toBe(part.data);
        expect((await recipeOf(partName(teacher))).split).toEqual(recipe.split);
        expect(new Set(seeds).size).toBe(seeds.length);
      }
    }
  });

  it("gives a source and a protocol with every figure, all of them metrics that are measured", () => {
    for (const { metrics, published } of parts.flatMap(({ measurements }) => measurements)) {
      for (const figure of published) {
        expect(figure.source).not.toBe("");
        expect(figure.protocol).not.toBe("");
        expect(metrics).toEqual(expect.arrayContaining(Object.keys(figure.metrics)));
        for (const value of Object.values(figure.metrics)) {
          expect(value).toBeGreaterThan(0);
          expect(value).toBeLessThan(1);
        }
      }
    }
  });
});

describe.each(names.filter(findCheckpoint))("the checkpoint of %s", (name) => {
  const folder = join(CHECKPOINTS, name);

  it("is whole, and was trained by the recipe that ships", async () => {
    const { manifest } = await loadBundleFiles(folder);
    const shipped = await recipeOf(name);
    // Fields that recipes did not have when it was trained have their defaults.
    const used = parseRecipe(JSON.stringify(manifest.training?.recipe), folder);
    expect(manifest.name).toBe(name);
    expect(used).toEqual({ ...shipped, description: used.description });
    expect(manifest.split).toEqual(shipped.split);
  });

  it("names its rows and its commit, and passes on no titles", async () => {
    const { manifest, files } = await loadBundleFiles(folder);
    expect(manifest.training?.commit).toMatch(/^[0-9a-f]{40}\+?$/);
    expect(manifest.training?.rows).toMatchObject({ split: manifest.split.kind });
    const text = new TextDecoder().decode(files.get("catalog.json"));
    const films = parseCatalog(text, manifest.numItems, folder);
    expect(films.filter(({ title, genres }) => title !== "" || genres.length > 0)).toEqual([]);
    expect([...files.keys()]).toEqual(expect.arrayContaining(["LICENSE", "training.jsonl"]));
  });

  it("loses at most a hundredth by 8 bits on the rows that chose its epoch", async () => {
    const { training } = (await loadBundleFiles(folder)).manifest;
    const { validation, stored } = training as never as Record<string, { value: number } | null>;
    // Some have none: their settings and epochs were chosen beforehand.
    if (validation === null || stored === null) return;
    expect(stored.value).toBeGreaterThan(0.99 * validation.value);
  });
});

test("checkpoints belong to a reproduction, and keep a clone small", async () => {
  const folders = await readdir(CHECKPOINTS, { withFileTypes: true });
  const kept = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(kept).toContain("bert4rec-ml1m");
  expect(names).toEqual(expect.arrayContaining(kept));
  for (const name of kept) {
    const { files } = (await loadBundleFiles(join(CHECKPOINTS, name))).manifest;
    const sizes = Object.values(files).map(({ sizeBytes }) => sizeBytes);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2.5 * 2 ** 20);
  }
});
