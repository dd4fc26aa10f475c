/**
 * What the fields of a recipe do in a training, from data to bundle.
 */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadModel } from "../src/models/bundle.ts";
import { recommend } from "../src/models/recommend.ts";
import { parseRecipe } from "../src/recipes/parse-recipe.ts";
import { train } from "../src/recipes/train.ts";
import { readTrainingLog } from "../src/training/training-log.ts";
import { dataFolder } from "./data-folder.ts";

/** Forty people who walk through thirty items, each from another place. */
const walks = Array.from({ length: 40 }, (_, user) =>
  Array.from({ length: 22 }, (_, i) => `u${user} i${(user * 7 + i) % 30}`),
)
  .flat()
  .join("\n");

const base = {
  formatVersion: 1,
  name: "walks",
  split: { kind: "leave-one-out" },
  model: {
    kind: "bert4rec",
    embeddingDim: 64,
    numBlocks: 1,
    numHeads: 2,
    maxLength: 25,
    dropoutRate: 0,
    normPlacement: "post",
    hasHead: false,
  },
  masking: { probability: 0.2, lastProbability: 1, randomShare: 0, keptShare: 0 },
  stages: [{ epochs: 1, windowLength: 25 }],
  batchSize: 16,
  optimizer: { learningRate: 0.01 },
  schedule: { kind: "constant" },
  validation: null,
};

async function run(changes: object): Promise<{ out: string; training: Record<string, unknown> }> {
  const folder = await dataFolder({ "walks.txt": `${walks}\n` });
  const out = join(folder, "out");
  const summary = await train(parseRecipe(JSON.stringify({ ...base, ...changes }), "walks"), {
    data: [join(folder, "walks.txt")],
    load: { format: "sequence" },
    out,
    resources: { numThreads: 1 },
  });
  return { out, training: summary.training ?? {} };
}

test("step decay counts epochs, however many steps the windows of a stage make", async () => {
  const { out } = await run({
    stages: [
      { epochs: 2, windowLength: 5 },
      { epochs: 3, windowLength: 25 },
    ],
    schedule: { kind: "step", decayEpochs: 2 },
  });
  const lines = readTrainingLog(join(out, "training.jsonl"));
  const stepsOf = lines.map(({ step }, index) => step - (lines[index - 1]?.step ?? 0));
  expect(stepsOf[0]).toBeGreaterThan(stepsOf[4]);
  const rates = lines.map(({ learningRate }) => learningRate);
  for (const [index, expected] of [0.01, 0.01, 0.001, 0.001, 0.0001].entries()) {
    expect(rates[index]).toBeCloseTo(expected, 8);
  }
});

test("weights kept in 8 bits are measured as they are kept", async () => {
  const { out, training } = await run({
    storedWeights: "int8",
    validation: { metric: "ndcg@10" },
    stages: [{ epochs: 6, windowLength: 25 }],
  });
  const { validation, stored } = training as {
    validation: { value: number };
    stored: { metric: string; value: number };
  };
  expect(stored.metric).toBe("ndcg@10");
  expect(validation.value).toBeGreaterThan(0.5);
  expect(Math.abs(stored.value - validation.value)).toBeLessThan(0.05);
  const model = await loadModel(out, { numThreads: 1 });
  expect(model.manifest.training).toMatchObject({ stored });
  await model.dispose();
});

test("float32 weights are not measured twice", async () => {
  const { training } = await run({ validation: { metric: "ndcg@10" } });
  expect(training).toMatchObject({ stored: null });
});

describe("what is known besides items", () => {
  /** Viewers walk up or down, as their kind says; where they are does not tell. */
  const csv = [
    "user,item,rating",
    ...Array.from({ length: 60 }, (_, user) =>
      Array.from({ length: 22 }, (_, i) => {
        const step = user % 2 === 0 ? i : -i;
        return `u${user},i${(user * 7 + 300 + step) % 30},${user % 2 === 0 ? 5 : 1}`;
      }),
    ).flat(),
  ].join("\n");
  const people = [
    "user,kind",
    ...Array.from({ length: 60 }, (_, u) => `u${u},${u % 2 === 0 ? "up" : "down"}`),
  ];
  const features = {
    formatVersion: 1,
    users: {
      file: "people.csv",
      idColumn: "user",
      features: [{ name: "kind", kind: "categorical" }],
    },
  };
  const { normPlacement: _, hasHead: _head, ...shape } = base.model;
  const sasrec = {
    ...base,
    masking: undefined,
    model: { ...shape, kind: "sasrec", feedForwardDim: 64 },
    stages: [{ epochs: 40, windowLength: 2 }],
  };
  const encoder = {
    ...sasrec,
    model: { ...shape, kind: "informative-encoder", headDim: 64, maxLength: 2 },
    split: {
      kind: "next-films",
      numInputs: 2,
      numTargets: 2,
      by: "user",
      testShare: 0.2,
      validationShare: 0.2,
      seed: 1,
    },
    loss: { kind: "softmax" },
    stages: [{ epochs: 60 }],
    optimizer: { learningRate: 0.003 },
    validation: { metric: "precision", everyEpochs: 60 },
  };

  async function trainOn(recipe: object, sides: readonly string[]) {
    const folder = await dataFolder({
      "plays.csv": `${csv}\n`,
      "people.csv": `${people.join("\n")}\n`,
      "features.json": JSON.stringify(features),
    });
    const out = join(folder, "out");
    const model = { ...(recipe as typeof sasrec).model, sides };
    const summary = await train(parseRecipe(JSON.stringify({ ...recipe, model }), "walks"), {
      data: [join(folder, "plays.csv")],
      load: { userColumn: "user", itemColumn: "item", ratingColumn: "rating" },
      ...(sides.includes("users") && { features: join(folder, "features.json") }),
      out,
      resources: { numThreads: 1 },
    });
    return { summary, model: await loadModel(out, { numThreads: 1 }) };
  }

  test.each([
    ["sasrec", sasrec],
    ["the informative encoder", encoder],
  ])("of viewers tells %s where they go", async (_, recipe) => {
    const { model } = await trainOn(recipe, ["users"]);
    // From 7 on, with nothing before it: up or down, who can tell?
    const scoreOf = async (film: string, kind: string): Promise<number> => {
      const films = await recommend(model, { items: ["i7"], user: { kind } }, { k: 29 });
      return films.find(({ itemId }) => itemId === film)?.score ?? Number.NaN;
    };
    const upward = async (kind: string): Promise<number> =>
      (await scoreOf("i8", kind)) - (await scoreOf("i6", kind));
    expect(await upward("up")).toBeGreaterThan((await upward("down")) + 1);
    expect(model.manifest.config).toMatchObject({ sides: ["users"] });
    const unknown = recommend(model, { items: ["i7"], user: { height: 3 } });
    await expect(unknown).rejects.toThrow('no feature is called "height"; there are kind');
    await model.dispose();
  });

  test.each([
    ["sasrec", sasrec],
    ["the informative encoder", encoder],
  ])("of ratings tells %s the same", async (_, recipe) => {
    const { model } = await trainOn(recipe, ["ratings"]);
    const scoreOf = async (film: string, rating: number): Promise<number> => {
      const films = await recommend(model, { items: ["i7"], ratings: [rating] }, { k: 29 });
      return films.find(({ itemId }) => itemId === film)?.score ?? Number.NaN;
    };
    const upward = async (rating: number): Promise<number> =>
      (await scoreOf("i8", rating)) - (await scoreOf("i6", rating));
    expect(await upward(5)).toBeGreaterThan((await upward(1)) + 1);
    const tooMany = recommend(model, { items: ["i7"], ratings: [1, 2] });
    await expect(tooMany).rejects.toThrow("a rating, or null, for each of 1 films, got 2");
    await model.dispose();
  });

  test("is asked for where a recipe reads it and data do not say it", async () => {
    await expect(trainOn(sasrec, ["items"])).rejects.toThrow(
      'recipe walks: it reads features of items, and none are known of these data; give them by --features, or leave "items" out of model.sides',
    );
  });
});
test.each([
  { kind: "softmax" },
  { kind: "sampled-softmax", numNegatives: 20, distribution: "log-uniform" },
  { kind: "gbce", numNegatives: 20, calibration: 0.75 },
])("sasrec learns the walks by $kind", async (loss) => {
  const { normPlacement: _, hasHead: _head, ...shape } = base.model;
  const { out } = await run({
    model: { ...shape, kind: "sasrec", feedForwardDim: 64 },
    masking: undefined,
    loss,
    stages: [{ epochs: 60, windowLength: 12, targetsPerWindow: 8 }],
    validation: { everyEpochs: 60 },
  });
  const model = await loadModel(out, { numThreads: 1 });
  const [next] = await recommend(model, ["i1", "i2", "i3", "i4"], { k: 1 });
  await model.dispose();
  expect(next.itemId).toBe("i5");
});
