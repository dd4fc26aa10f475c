/**
 * `usher train --teacher`: a network that learns from others.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makePlays, playsColumns } from "./plays.ts";
import { runUsher, type UsherRun } from "./run-usher.ts";

const recipe = {
  formatVersion: 1,
  name: "teacher",
  model: {
    kind: "sasrec",
    ...{ embeddingDim: 16, numBlocks: 1, numHeads: 2, maxLength: 8, feedForwardDim: 16 },
    dropoutRate: 0,
  },
  split: { kind: "leave-one-out" },
  stages: [{ epochs: 30, windowLength: 8 }],
  batchSize: 16,
  optimizer: { learningRate: 0.01 },
  schedule: { kind: "constant" },
  validation: { metric: "mrr@10", everyEpochs: 30 },
};
/** What came counts nothing: all that it knows of it is told by its teachers. */
const student = { ...recipe, name: "student", distillation: { share: 1, numItems: 3 } };
const small = { ...recipe, stages: [{ epochs: 1, windowLength: 8 }], validation: null };
const bert4rec = {
  ...small,
  model: {
    kind: "bert4rec",
    ...{ embeddingDim: 16, numBlocks: 1, numHeads: 2, maxLength: 8, dropoutRate: 0 },
    ...{ normPlacement: "pre", hasHead: false },
  },
  masking: { probability: 0.2, lastProbability: 0.1, randomShare: 0, keptShare: 0 },
};

let folder: string;
const at = (name: string): string => join(folder, name);

function train(name: string, out: string, ...flags: readonly string[]): Promise<UsherRun> {
  const data = ["--data", at("plays.csv"), ...playsColumns, "--threads", "1"];
  return runUsher(["train", at(name), "--out", at(out), ...data, ...flags]);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-teachers-"));
  await writeFile(at("plays.csv"), makePlays(100, 20, 12).csv);
  const recipes = {
    recipe,
    student,
    small,
    bert4rec,
    elsewhere: { ...small, split: { kind: "none" } },
  };
  for (const [name, value] of Object.entries(recipes)) {
    await writeFile(at(`${name}.json`), JSON.stringify(value));
  }
  for (const name of ["recipe", "bert4rec", "elsewhere"]) {
    const run = await train(`${name}.json`, name);
    expect([run.exitCode, run.stderr]).toEqual([0, ""]);
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

describe("a student", () => {
  test("learns what its teachers know, and says who they were", async () => {
    const flags = ["--teacher", at("recipe"), "--teacher", at("recipe/bundle"), "--json"];
    const { exitCode, stdout, stderr } = await train("student.json", "student", ...flags);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { training } = JSON.parse(stdout);
    expect(training.validation.value).toBeGreaterThan(0.9);
    expect(training.teachers).toHaveLength(2);
    const record = JSON.parse(await readFile(at("student/run.json"), "utf8"));
    expect(record.teachers).toEqual(training.teachers);
    expect(record.teachers[0]).toEqual({
      name: "teacher",
      weights: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test.each([
    ["student.json", [], "it learns from teachers; name trained models, each by --teacher DIR"],
    ["recipe.json", ["recipe"], "recipe teacher learns from none; leave it out"],
    [
      "student.json",
      ["bert4rec"],
      "reads a history from its start (sasrec, gru4rec), got bert4rec",
    ],
    ["student.json", ["elsewhere"], "has learnt from other rows than student will"],
  ])("%s with %j is refused", async (name, teachers, message) => {
    const flags = teachers.flatMap((teacher) => ["--teacher", at(teacher)]);
    const { exitCode, stderr } = await train(name, "refused", ...flags);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
