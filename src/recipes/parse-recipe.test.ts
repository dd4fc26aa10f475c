import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { InputError } from "../common/errors.ts";
import { parseRecipe } from "./parse-recipe.ts";
import { isNetwork } from "./recipe.ts";

const shipped = new URL("../../runs/", import.meta.url);

const network = {
  formatVersion: 1,
  name: "mine",
  model: {
    kind: "bert4rec",
    embeddingDim: 8,
    numBlocks: 1,
    numHeads: 2,
    maxLength: 20,
    dropoutRate: 0,
    normPlacement: "post",
    hasHead: false,
  },
  split: { kind: "leave-one-out" },
  masking: { probability: 0.2, lastProbability: 1, randomShare: 0, keptShare: 0 },
  stages: [{ epochs: 1, windowLength: 10 }],
  batchSize: 4,
  optimizer: { learningRate: 0.01 },
  schedule: { kind: "constant" },
  validation: null,
};

const { masking: _, ...withoutMasking } = network;
const { normPlacement: _norms, hasHead: _head, ...sequenceModel } = network.model;
const sasrec = {
  ...withoutMasking,
  model: { ...sequenceModel, kind: "sasrec", feedForwardDim: 16 },
};

const parse = (recipe: object): unknown => parseRecipe(JSON.stringify(recipe), "mine.json");

describe("parseRecipe", () => {
  it("reads every recipe that ships, under the name of its file", async () => {
    const files = await readdir(shipped);
    expect(files).toContain("bert4rec-ml1m.json");
    for (const file of files) {
      const recipe = parseRecipe(await readFile(new URL(file, shipped), "utf8"), file);
      expect(`${recipe.name}.json`).toBe(file);
    }
  });

  it("fills in what may be left out", () => {
    const recipe = parseRecipe(JSON.stringify(network), "mine.json");
    if (!isNetwork(recipe)) throw new Error("expected a network");
    expect(recipe).toMatchObject({
      description: "",
      seed: 1,
      preparation: { minRating: null, minUserInteractions: 1, minItemInteractions: 1 },
      loss: { kind: "softmax" },
      accumulation: 1,
      optimizer: { beta1: 0.9, beta2: 0.999, weightDecay: 0, averageDecay: 0 },
    });
    expect(recipe.model.itemStart).toBe("random");
  });

  it.each<[string, object, string]>([
    ["a newer version", { formatVersion: 2 }, "formatVersion 2 is newer than this Usher reads (1)"],
    ["an unknown field", { batchsize: 4 }, 'Unrecognized key: "batchsize"'],
    [
      "an unknown model",
      { model: { kind: "gru" } },
      'model.kind: expected one of bert4rec, sasrec, gru4rec, informative-encoder, popularity, recent-popularity, item-knn, markov, ease, got "gru"',
    ],
    ["a model named as what all objects have", { model: { kind: "toString" } }, 'got "toString"'],
    ["a model without a kind", { model: {} }, "model.kind: expected one of bert4rec"],
    [
      "heads that do not divide",
      { model: { ...network.model, numHeads: 3 } },
      "model: embeddingDim 8 must divide by numHeads 3",
    ],
    [
      "a window longer than the model",
      { stages: [{ epochs: 1, windowLength: 21 }] },
      "stages: windowLength 21 is longer than the model's maxLength 20",
    ],
    [
      "windows whose lengths are the wrong way round",
      { stages: [{ epochs: 1, windowLength: 10, shortestWindow: 12 }] },
      "stages: shortestWindow 12 is longer than windowLength 10",
    ],
    [
      "shares above one",
      { masking: { ...network.masking, randomShare: 0.6, keptShare: 0.6 } },
      "masking: randomShare and keptShare must sum to at most 1",
    ],
    ["steps without their length", { schedule: { kind: "step" } }, "needs decayEpochs"],
    ["a metric that is not measured", { validation: { metric: "ndcg@7" } }, "validation.metric"],
    [
      "a validation with nothing held out",
      { split: { kind: "none" }, validation: {} },
      'split "none" holds nothing out, so validation must be null',
    ],
  ])("refuses %s", (_, change, message) => {
    const recipe = { ...network, ...change };
    expect(() => parse(recipe)).toThrow(InputError);
    expect(() => parse(recipe)).toThrow(message);
  });

  it("reads a recipe of sasrec", () => {
    expect(parse(sasrec)).toMatchObject({ model: { kind: "sasrec", itemStart: "random" } });
  });

  it.each<[string, object, string]>([
    ["masking, which sasrec does not do", { masking: network.masking }, 'key: "masking"'],
    ["a field of bert4rec", { model: { ...sasrec.model, hasHead: true } }, 'key: "hasHead"'],
    [
      "more targets than a window holds",
      { stages: [{ epochs: 1, windowLength: 10, targetsPerWindow: 11 }] },
      "stages: targetsPerWindow 11 is more than windowLength 10",
    ],
    [
      "a calibration out of range",
      { loss: { kind: "gbce", numNegatives: 8, calibration: 1.5 } },
      "loss.calibration",
    ],
    [
      "a smoothed loss beside teachers, whose answers say how sure to be",
      { loss: { kind: "softmax", labelSmoothing: 0.1 }, distillation: { share: 0.5, numItems: 5 } },
      "no labelSmoothing",
    ],
  ])("of sasrec, refuses %s", (_, change, message) => {
    const recipe = { ...sasrec, ...change };
    expect(() => parse(recipe)).toThrow(InputError);
    expect(() => parse(recipe)).toThrow(message);
  });

  it("refuses what is not JSON, and says where", () => {
    expect(() => parseRecipe("{", "mine.json")).toThrow(/^mine\.json: not JSON/);
  });
});
