import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InputError } from "../common/errors.ts";
import { parseRecipe } from "./parse-recipe.ts";
import type { NetworkRecipe } from "./recipe.ts";
import { requireTrainingMemory, trainingBytes } from "./training-memory.ts";

function shipped(name: string): NetworkRecipe {
  const path = new URL(`../../runs/${name}.json`, import.meta.url);
  return parseRecipe(readFileSync(path, "utf8"), name) as NetworkRecipe;
}

const full = shipped("bert4rec");
const sampled = shipped("bert4rec-large");

describe("trainingBytes", () => {
  it("counts the logits of a slice over the whole catalog", () => {
    // 64 sequences of 50 are one slice: 691 targets expected, three deviations and a multiple of
    // 32 make 768; those of 100 go in two, of 736 each.
    const perItem = 4 * (16 * (64 + 1) + 2 * 768);
    expect(trainingBytes(full, 200_000) - trainingBytes(full, 100_000)).toBe(100_000 * perItem);
  });

  it("counts the slices of a next-item model at their largest", () => {
    // Of a batch of 32, windows of 110 go in slices of 16, those of 100 in one: 3200 targets.
    const recipe = shipped("sasrec");
    const stages = [{ epochs: 1, windowLength: 110 }];
    const long = { ...recipe, stages } as NetworkRecipe;
    const perItem = 4 * (16 * (128 + 1) + 2 * 3200);
    expect(trainingBytes(long, 200_000) - trainingBytes(long, 100_000)).toBe(100_000 * perItem);
  });

  it("does not, of a sampled loss", () => {
    const perItem = 4 * 16 * (64 + 1);
    const grown = trainingBytes(sampled, 200_000) - trainingBytes(sampled, 100_000);
    expect(grown).toBe(100_000 * perItem);
  });
});

describe("requireTrainingMemory", () => {
  it("says which loss would fit", () => {
    const limit = 4 * 2 ** 30;
    expect(() => requireTrainingMemory(full, 1_000_000, limit)).toThrow(InputError);
    expect(() => requireTrainingMemory(full, 1_000_000, limit)).toThrow(
      /recipe bert4rec: training on 1000000 items needs [\d.]+ GiB .* "sampled-softmax"/,
    );
    expect(() => requireTrainingMemory(sampled, 1_000_000, limit)).not.toThrow();
  });

  it("lets the shipped recipes run on the catalogs they are for", () => {
    expect(() => requireTrainingMemory(full, 60_000, 2 ** 30)).not.toThrow();
  });
});
