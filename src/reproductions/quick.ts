/**
 * A small version of a reproduction, for tests: a small model on some of the users, with nothing in
 * its data that a test row says. What it reaches stands beside nothing.
 */
import { sha256 } from "../common/files.ts";
import type { Interactions } from "../data/interactions.ts";
import { dropEmpty, keepRows } from "../data/keep-rows.ts";
import type { PreparedData } from "../recipes/prepare-data.ts";
import { isNetwork, parseRecipe, type Recipe } from "../recipes/recipe.ts";
import { splitRows } from "./split-rows.ts";

/** How many users are kept. */
const NUM_USERS = 500;

/** What changes in a network: a tenth of the work for a step, and few of them. */
const SMALL = { embeddingDim: 32, numHeads: 2, feedForwardDim: 64 };
const EPOCHS = 4;
const WINDOW_LENGTH = 30;

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
    stages: recipe.stages.slice(-1).map(quickStage),
    validation: recipe.validation && { ...recipe.validation, everyEpochs: 2, patience: null },
  };
  return parseRecipe(JSON.stringify(quick), quick.name);
}

interface Stage {
  readonly epochs: number;
  readonly windowLength?: number;
  readonly targetsPerWindow?: number | undefined;
}

function quickStage(stage: Stage): Stage {
  const { windowLength, targetsPerWindow } = stage;
  return {
    ...stage,
    epochs: EPOCHS,
    ...(windowLength !== undefined && { windowLength: Math.min(windowLength, WINDOW_LENGTH) }),
    ...(targetsPerWindow !== undefined && { targetsPerWindow: WINDOW_LENGTH / 2 }),
  };
}

/** The first users without their test rows; the split then holds out what came before. */
export function quickData(
  data: PreparedData,
  recipe: Pick<Recipe, "name" | "split">,
): PreparedData {
  const interactions = dropEmpty(withoutTestRows(data.interactions, recipe));
  const fingerprint = sha256(`${data.fingerprint}\nquick, ${NUM_USERS} users`);
  return {
    ...data,
    names: data.names.map((name) => `${name} (quick)`),
    fingerprint,
    fingerprints: [fingerprint],
    interactions,
  };
}

function withoutTestRows(
  interactions: Interactions,
  recipe: Pick<Recipe, "name" | "split">,
): Interactions {
  const keep = new Uint8Array(interactions.items.length).fill(1);
  for (const row of splitRows(interactions, recipe).test) keep[row] = 0;
  keep.fill(0, interactions.offsets[Math.min(NUM_USERS, interactions.userIds.length)]);
  return keepRows(interactions, keep);
}
