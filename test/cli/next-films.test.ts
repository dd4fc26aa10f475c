/**
 * The informative encoder from data to recommendations, with what is known of viewers and ratings.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/common/random.ts";
import { runUsher, type UsherRun } from "./run-usher.ts";

const columns = ["--user-column", "user", "--item-column", "film", "--rating-column", "stars"];
const split = {
  kind: "next-films",
  numInputs: 4,
  numTargets: 3,
  by: "window",
  testShare: 0.2,
  validationShare: 0.2,
  seed: 1,
};
const encoder = {
  formatVersion: 1,
  name: "small-encoder",
  model: {
    kind: "informative-encoder",
    embeddingDim: 16,
    numBlocks: 1,
    numHeads: 2,
    maxLength: 4,
    dropoutRate: 0.1,
    headDim: 16,
    sides: ["ratings", "users"],
    hiddenSideShare: 0.2,
  },
  split,
  loss: { kind: "softmax" },
  stages: [{ epochs: 3 }],
  batchSize: 16,
  optimizer: { learningRate: 0.003 },
  schedule: { kind: "constant" },
  validation: { metric: "hitRate" },
};
const features = {
  formatVersion: 1,
  users: {
    file: "people.csv",
    idColumn: "user",
    features: [
      { name: "country", kind: "categorical" },
      { name: "age", kind: "numeric" },
    ],
  },
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-next-films-"));
  const random = createRandom(1, "plays");
  const plays = Array.from({ length: 40 }, (_, u) =>
    Array.from({ length: 20 }, (_, i) => `u${u},f${(u * 3 + i) % 25},${1 + random.nextInt(5)}`),
  );
  const people = Array.from({ length: 40 }, (_, u) => `u${u},${u % 2 ? "FR" : "NL"},${20 + u}`);
  await writeFile(join(folder, "plays.csv"), ["user,film,stars", ...plays.flat()].join("\n"));
  await writeFile(join(folder, "people.csv"), ["user,country,age", ...people].join("\n"));
  await writeFile(join(folder, "features.json"), JSON.stringify(features));
  await writeFile(join(folder, "encoder.json"), JSON.stringify(encoder));
  const popularity = { formatVersion: 1, name: "most watched", split };
  const model = { kind: "popularity", options: {} };
  await writeFile(join(folder, "popularity.json"), JSON.stringify({ ...popularity, model }));
  const both = [
    await train("encoder.json", "encoder", "--features", "features.json"),
    await train("popularity.json", "popularity"),
  ];
  for (const { exitCode, stderr } of both) expect([exitCode, stderr]).toEqual([0, ""]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]): Promise<UsherRun> => runUsher(args, { cwd: folder });

async function readLines(
  name: string,
): Promise<Record<"targets" | "ranked" | "shown", string[]>[]> {
  const text = await readFile(join(folder, name), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

function train(recipe: string, out: string, ...flags: readonly string[]): Promise<UsherRun> {
  return run("train", recipe, "--data", "plays.csv", ...columns, "--out", out, ...flags);
}

describe("evaluate", () => {
  const evaluate = (...flags: readonly string[]): Promise<UsherRun> =>
    run("evaluate", "--model", "encoder", "--data", "plays.csv", ...columns, ...flags);

  test("counts the next films among the first, with intervals, beside another model", async () => {
    const flags = ["--features", "features.json", "--against", "popularity", "--json"];
    const { exitCode, stdout, stderr } = await evaluate(...flags);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const reply = JSON.parse(stdout);
    expect(reply).toMatchObject({ model: "small-encoder", rows: "test", numWindows: 32 });
    for (const metric of ["precision@3", "hitRate@3"]) {
      const { value, low, high } = reply.metrics[metric];
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
      const { differences } = reply.comparison;
      expect(differences[metric].value).toBeGreaterThan(-1);
    }
    expect(reply.comparison.b).toBe("most watched");
    const text = await evaluate("--features", "features.json", "--split", "validation");
    expect(text.stdout).toContain("4 films shown, the next 3 to be named");
    expect(text.stdout).toContain("hit rate");
  });

  test("writes its lists, from which anyone gets the same numbers", async () => {
    const flags = ["--features", "features.json", "--dump", "lists.jsonl", "--json"];
    const { metrics, numWindows } = JSON.parse((await evaluate(...flags)).stdout);
    const lines = await readLines("lists.jsonl");
    expect(lines).toHaveLength(numWindows);
    const hits = lines.map(({ targets, ranked, shown }) => {
      expect([targets.length, shown.length]).toEqual([3, 4]);
      expect(ranked.filter((id: string) => shown.includes(id))).toEqual([]);
      return ranked.slice(0, 3).filter((id: string) => targets.includes(id)).length;
    });
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(hits) / 3).toBeCloseTo(metrics["precision@3"].value, 10);
    expect(mean(hits.map((n) => (n > 0 ? 1 : 0)))).toBeCloseTo(metrics["hitRate@3"].value, 10);
  });

  test("in one way only", async () => {
    const { exitCode, stderr } = await evaluate(
      "--protocol",
      "uniform100",
      "--features",
      "features.json",
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain("is measured by full ranking of its windows");
  });
});

describe("recommend", () => {
  const recommend = (...flags: readonly string[]): Promise<UsherRun> =>
    run("recommend", "--model", "encoder", "--id", "f1", "f2", "f3", ...flags);
  const scores = async (...flags: readonly string[]): Promise<number[]> => {
    const { stdout } = await recommend("--json", ...flags);
    return JSON.parse(stdout).recommendations.map(({ score }: { score: number }) => score);
  };

  test("takes ratings and what is known of the viewer into account", async () => {
    const alone = await scores();
    expect(alone).toHaveLength(10);
    expect(await scores("--ratings", "?,?,?")).toEqual(alone);
    expect(await scores("--ratings", "5,1,3.5")).not.toEqual(alone);
    expect(await scores("--about", "age=30", "--about", "country=FR")).not.toEqual(alone);
  });

  test("takes them from a file as well", async () => {
    const lines = [
      { userId: 1, items: ["f1", "f2", "f3"], ratings: [5, null, 1], user: { age: 30 } },
      { userId: 2, items: ["f1", "f2", "f3"] },
    ];
    await writeFile(join(folder, "h.jsonl"), lines.map((l) => JSON.stringify(l)).join("\n"));
    const files = ["--histories", "h.jsonl", "--out", "r.jsonl"];
    const { exitCode, stderr } = await run("recommend", "--model", "encoder", ...files);
    expect([exitCode, stderr]).toEqual([0, ""]);
  });

  test.each([
    [["--ratings", "5,4"], "expected one for each of 3 films, or ? where there is none, got 2"],
    [["--ratings", "5,high,1"], "Expected numbers or ? with commas between"],
    [["--about", "height=3"], "expects one of country, age with a value"],
    [["--about", "age=old"], "expected a number"],
    [["--about", "country=DE"], "expected one of FR, NL"],
  ])("refuses %s", async (flags, message) => {
    const { exitCode, stderr } = await recommend(...flags);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

test("train refuses features that a recipe does not read, and data without what it reads", async () => {
  const unread = await train("popularity.json", "x1", "--features", "features.json");
  expect([unread.exitCode, unread.stderr]).toEqual([
    2,
    expect.stringContaining("recipe most watched reads none; leave it out"),
  ]);
  const missing = await train("encoder.json", "x2");
  expect([missing.exitCode, missing.stderr]).toEqual([
    2,
    expect.stringContaining("it reads features of users, and none are known of these data"),
  ]);
});
