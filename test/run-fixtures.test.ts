/**
 * Recipes, runs and checkpoints written by earlier versions stay readable.
 */
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseRecipe } from "../src/recipes/parse-recipe.ts";
import { isNetwork } from "../src/recipes/recipe.ts";
import { openRunFolder, type RunRecord } from "../src/recipes/run-folder.ts";
import { loadCheckpoint } from "../src/training/checkpoint.ts";
import { readTrainingLog } from "../src/training/training-log.ts";
import { dataFolder } from "./data-folder.ts";

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));
const run = join(fixtures, "run-v1");

test("recipe-v1.json says what it said", async () => {
  const path = join(fixtures, "recipe-v1.json");
  const text = await readFile(path, "utf8");
  const recipe = parseRecipe(text, path);
  expect(isNetwork(recipe)).toBe(true);
  // Fields that came later have their defaults.
  expect(recipe).toMatchObject(JSON.parse(text));
});

test("run-v1 can be resumed, by the recipe that began it", async () => {
  const folder = join(await dataFolder({}), "run");
  await cp(run, folder, { recursive: true });
  const record: RunRecord = JSON.parse(await readFile(join(folder, "run.json"), "utf8"));
  const path = join(fixtures, "recipe-v1.json");
  const recipe = parseRecipe(await readFile(path, "utf8"), path);
  const opened = await openRunFolder(folder, { ...record, recipe }, true);
  await opened.release();
});

test("the log of run-v1 has a line for each epoch", () => {
  const lines = readTrainingLog(join(run, "training.jsonl"));
  expect(lines.map(({ epoch, step }) => [epoch, step])).toEqual([
    [1, 3],
    [2, 6],
    [3, 8],
  ]);
  expect(lines[1].best).toEqual({ epoch: 2, value: lines[1].validation?.["hitRate@10"] });
});

test("the checkpoint of run-v1 holds its vectors", async () => {
  const checkpoint = await loadCheckpoint(join(run, "checkpoint"));
  expect(checkpoint?.runtime).toBe("onnxruntime-node 1.30.0");
  expect(checkpoint?.position).toMatchObject({ step: 8, epoch: 4, stepInEpoch: 0 });
  const vectors = checkpoint?.vectors ?? {};
  expect(Object.keys(vectors).sort()).toEqual(
    ["average", "best", "firstMoment", "secondMoment", "weights"].sort(),
  );
  const lengths = new Set(Object.values(vectors).map(({ length }) => length));
  expect(lengths.size).toBe(1);
  expect(vectors.weights.every(Number.isFinite)).toBe(true);
});
