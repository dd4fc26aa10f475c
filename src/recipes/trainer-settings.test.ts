import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import type { NetworkSettings } from "../models/networks.ts";
import { NO_SIDES } from "../models/side-information.ts";
import { parseRecipe } from "./parse-recipe.ts";
import type { NetworkRecipe } from "./recipe.ts";
import { trainerSettings } from "./trainer-settings.ts";

/** Of the model a recipe that ships makes on a toy: item 0 four times, item 1 once, item 2 never. */
function settingsOf(name: string, loss: object): NetworkSettings {
  const path = new URL(`../../runs/${name}.json`, import.meta.url);
  const recipe = { ...JSON.parse(readFileSync(path, "utf8")), loss };
  recipe.model.itemStart = "random";
  const parsed = parseRecipe(JSON.stringify(recipe), "toy") as NetworkRecipe;
  const train = toInteractions(
    [
      [0, 0, 1],
      [0, 0],
    ],
    3,
  );
  const resources = { numThreads: 1, device: "cpu" } as const;
  const { network } = trainerSettings(parsed, train, resources, {
    sides: NO_SIDES,
    items: null,
  });
  return network;
}

/** Where the biases of a model start. */
function biasesOf(name: string, loss: object): readonly number[] {
  return [...(settingsOf(name, loss).start?.itemBias ?? [])];
}

test("a loss is smoothed where a recipe says so", () => {
  expect(settingsOf("sasrec", { kind: "softmax", labelSmoothing: 0.2 }).loss?.smoothing).toBe(0.2);
  expect(settingsOf("sasrec", { kind: "softmax" }).loss?.smoothing).toBe(0);
});

test("biases start at what each loss makes of popularity", () => {
  const [a, b, c] = biasesOf("informative-encoder", { kind: "softmax" });
  // One is added to each count.
  expect(a - b).toBeCloseTo(Math.log(5 / 2), 5);
  expect(b - c).toBeCloseTo(Math.log(2), 5);
  const odds = biasesOf("informative-encoder", { kind: "binary", numPredicted: 3 });
  // Of nine, the chance to be among three that are drawn.
  for (const [item, count] of [5, 2, 1].entries()) {
    const chance = 1 - (1 - count / 9) ** 3;
    expect(odds[item]).toBeCloseTo(Math.log(chance / (1 - chance)), 5);
  }
  // One negative of three items: half of the others, so each target is worth 0.5 (0.75 (1 - 2) + 2).
  const calibrated = biasesOf("sasrec", { kind: "gbce", numNegatives: 1, calibration: 0.75 });
  for (const [item, count] of [5, 2, 1].entries()) {
    const sigmoid = 1 / (1 + Math.exp(-calibrated[item]));
    const asTarget = (count / 9) * 0.625 * (1 - sigmoid);
    const asNegative = (1 - count / 9) * (1 / 3) * sigmoid;
    expect(asTarget).toBeCloseTo(asNegative, 6);
  }
  const handicap = { popularityHandicap: 0.4, numNegatives: 1, calibration: 0.75 };
  const less = biasesOf("sasrec", { kind: "gbce", ...handicap });
  // The loss adds the handicap, so that the sum is the same.
  expect(less[0] - less[1]).toBeCloseTo(calibrated[0] - calibrated[1] - 0.4 * Math.log(5 / 2), 5);
});
