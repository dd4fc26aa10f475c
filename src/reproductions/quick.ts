/**
 * A small version of a reproduction, for tests: a small model on some of the users, with nothing in
 * its data that a test row says. What it reaches stands beside nothing.
 */
import { sha256 } from "../common/files.ts";
import type { Interactions } from "../data/interactions.ts";
import { dropEmpty, keepRows } from "../data/keep-rows.ts";
import { parseRecipe } from "../recipes/parse-recipe.ts";
import { type PreparedData, splitData } from "../recipes/prepare-data.ts";
import { isNetwork, type Recipe } from "../recipes/recipe.ts";

/** How many users are kept. */
const NUM_USERS = 500;

/** What changes in a network: a tenth of the work for a step, and few of them. */
const SMALL = { embeddingDim: 32, numHeads: 2, feedForwardDim: 64, headDim: 32 };
const STAGE = { epochs: 4, windowLength: 30 };

/** The recipe with a small network and few epochs. */
export function quickRecipe(recipe: Recipe): Recipe {
  if (!isNetwork(recipe)) return recipe;
  const model = Object.fromEntries(
    Object.entries(recipe.model).map(([key, value]) => [
      key,
      key in SMALL ? SMALL[key as keyof typeof SMALL] : value,
    ]),
  );
  const quick = {
    ...recipe,
    name: `${recipe.name} (quick)`,
    model,
    stages: [recipe.split.kind === "next-films" ? { epochs: STAGE.epochs } : STAGE],
    validation: recipe.validation && { ...recipe.validation, everyEpochs: 2, patience: null },
  };
  return parseRecipe(JSON.stringify(quick), quick.name);
}

/** Some users without their test rows; the split then holds out what came before. */
export function quickData(data: PreparedData, { split }: Pick<Recipe, "split">): PreparedData {
  const untested = dropEmpty(withoutTestRows(data.interactions, split));
  const interactions = dropEmpty(keepRows(untested, rowsOfSome(untested)));
  const fingerprint = sha256(`${data.fingerprint}\nquick, ${NUM_USERS} users`);
  return {
    ...data,
    names: data.names.map((name) => `${name} (quick)`),
    fingerprint,
    fingerprints: [fingerprint],
    interactions,
  };
}

function withoutTestRows(interactions: Interactions, split: Recipe["split"]): Interactions {
  const keep = new Uint8Array(interactions.items.length).fill(1);
  for (const row of testRows(interactions, split)) keep[row] = 0;
  return keepRows(interactions, keep);
}

/** Those of users evenly spread: where users are in order of time, the first came all at once. */
function rowsOfSome({ offsets, items, userIds }: Interactions): Uint8Array {
  const keep = new Uint8Array(items.length);
  const numKept = Math.min(NUM_USERS, userIds.length);
  for (let i = 0; i < numKept; i++) {
    const user = Math.floor((i * userIds.length) / numKept);
    keep.fill(1, offsets[user], offsets[user + 1]);
  }
  return keep;
}

/** Of windows their targets. */
function testRows(interactions: Interactions, record: Recipe["split"]): number[] {
  const split = splitData(interactions, record);
  if (split.kind !== "next-films") return [...split.test];
  const { starts, numInputs, numTargets } = split.task;
  return Array.from(split.test).flatMap((window) =>
    Array.from({ length: numTargets }, (_, i) => starts[window] + numInputs + i),
  );
}
