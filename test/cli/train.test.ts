/**
 * `usher train` on data of one's own, end to end: UUIDs, no titles, no ratings.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { playsColumns as columns, makePlays } from "./plays.ts";
import { runUsher } from "./run-usher.ts";

const NUM_USERS = 80;
const HISTORY = 12;
const { films, viewers, csv } = makePlays(NUM_USERS, 30, HISTORY);

let folder: string;
let plays: string;
let model: string;

const train = (...flags: string[]): ReturnType<typeof runUsher> =>
  runUsher(["train", ...flags, "--data", plays, ...columns, "--threads", "1"]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-train-"));
  plays = join(folder, "plays.csv");
  model = join(folder, "model");
  await writeFile(plays, csv);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("usher train on data of one's own", () => {
  test("trains, and prints one JSON object", async () => {
    const run = await train("bert4rec", "--out", model, "--epochs", "60", "--json");
    expect(run.stderr).toBe("");
    expect(run.exitCode).toBe(0);
    const { users, items, interactions, kind } = JSON.parse(run.stdout);
    expect({ users, items, interactions, kind }).toEqual({
      users: NUM_USERS,
      items: films.length,
      interactions: NUM_USERS * HISTORY,
      kind: "bert4rec",
    });
    const log = (await readFile(join(model, "training.jsonl"), "utf8")).trim().split("\n");
    const losses = log.map((line) => JSON.parse(line).loss);
    expect(losses[losses.length - 1]).toBeLessThan(losses[0]);
    expect(await readFile(join(model, "report.html"), "utf8")).toContain("<svg");
  });

  test("recommends by id", async () => {
    const ids = films.slice(4, 9).flatMap((id) => ["--id", id]);
    const run = await runUsher(["recommend", ...ids, "--model", model, "--k", "3", "--json"]);
    const { history, recommendations } = JSON.parse(run.stdout);
    expect(history.map(({ itemId }: { itemId: string }) => itemId)).toEqual(films.slice(4, 9));
    expect(recommendations).toHaveLength(3);
    expect(films).toContain(recommendations[0].itemId);
    expect(films.slice(4, 9)).not.toContain(recommendations[0].itemId);
  });

  test("recommends for many at once", async () => {
    const histories = join(folder, "histories.jsonl");
    const out = join(folder, "recommendations.jsonl");
    const lines = viewers
      .slice(0, 5)
      .map((userId, i) => ({ userId, items: films.slice(i, i + 4) }));
    await writeFile(histories, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const flags = ["--histories", histories, "--out", out, "--model", model];
    const run = await runUsher(["recommend", ...flags]);
    expect(run.exitCode).toBe(0);
    const written = (await readFile(out, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(written.map(({ userId }) => userId)).toEqual(viewers.slice(0, 5));
    for (const { recommendations } of written) expect(recommendations).toHaveLength(10);
  });

  test("is evaluated on the rows that it held out", async () => {
    const flags = ["--model", model, "--data", plays, ...columns, "--protocol", "full"];
    const run = await runUsher(["evaluate", ...flags, "--split", "validation", "--json"]);
    expect(run.exitCode).toBe(0);
    // Chance is 10 of the 20 films not seen.
    expect(JSON.parse(run.stdout).metrics["hitRate@10"].value).toBeGreaterThan(0.6);
  });
});

test("a recipe of one's own may compare with sampled negatives", async () => {
  const recipe = JSON.parse(
    await readFile(new URL("../../runs/bert4rec.json", import.meta.url), "utf8"),
  );
  const path = join(folder, "sampled.json");
  const loss = { kind: "sampled-softmax", numNegatives: 20, distribution: "log-uniform" };
  await writeFile(path, JSON.stringify({ ...recipe, name: "sampled", loss }));
  const out = join(folder, "sampled");
  const run = await train(path, "--out", out, "--epochs", "60", "--json");
  expect(run.stderr).toBe("");
  // Chance is 10 of the 20 films not seen.
  expect(JSON.parse(run.stdout).training.recipe.loss).toMatchObject(loss);
  const flags = ["--model", out, "--data", plays, ...columns, "--split", "validation", "--json"];
  const evaluated = await runUsher(["evaluate", ...flags, "--protocol", "full"]);
  expect(JSON.parse(evaluated.stdout).metrics["hitRate@10"].value).toBeGreaterThan(0.6);
});

test("people are told which metric the best epoch had, and how it ranks", async () => {
  const run = await train("bert4rec", "--out", model, "--epochs", "60", "--resume");
  const lines = (await readFile(join(model, "training.jsonl"), "utf8")).trim().split("\n");
  const { epoch, value } = JSON.parse(lines[lines.length - 1]).best;
  expect(run.stdout).toContain(
    `best on validation: ndcg@10 ${value.toFixed(4)} by full ranking, in epoch ${epoch}\n`,
  );
});

describe("without the native runtime", () => {
  /** Node, told that the package is not installed. */
  async function trainWithout(...flags: string[]): ReturnType<typeof runUsher> {
    const preload = join(folder, "without-native.cjs");
    await writeFile(
      preload,
      `const Module = require("node:module");
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (request, ...rest) {
        if (request.startsWith("onnxruntime-node")) throw new Error("not found");
        return resolve.call(this, request, ...rest);
      };`,
    );
    const args = ["train", ...flags, "--data", plays, ...columns];
    return runUsher(args, { nodeArgs: ["--require", preload], env: { USHER_RUNTIME: "" } });
  }

  test("training goes on, and says once why it is slow", async () => {
    const out = join(folder, "wasm");
    const { exitCode, stderr } = await trainWithout("bert4rec", "--out", out, "--epochs", "1");
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^usher: training runs on WebAssembly, .* onnxruntime-node is not installed; try: npm install .*\n$/,
      ),
    ]);
    const checkpoint = await readFile(join(out, "checkpoint", "checkpoint.json"), "utf8");
    expect(JSON.parse(checkpoint).runtime).toMatch(/^onnxruntime-web /);
  });

  test("what needs no runtime has nothing to say", async () => {
    const run = await trainWithout("popularity", "--out", join(folder, "no-runtime"));
    expect([run.exitCode, run.stderr]).toEqual([0, ""]);
  });
});

describe("usher train refuses", () => {
  test("a folder that is not empty", async () => {
    const run = await train("bert4rec", "--out", model, "--epochs", "1");
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("--resume");
  });

  test("to resume with another recipe", async () => {
    const run = await train("bert4rec", "--out", model, "--epochs", "1", "--resume");
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("recipe.stages");
  });

  test("a recipe that does not exist, naming those that do", async () => {
    const run = await train("bert5rec", "--out", join(folder, "none"));
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("bert4rec-ml1m");
  });

  test.each([
    ["bert4rec without --data", [], "usher: required option '--data <path>' not specified\n"],
    ["--epochs 0", ["--data", "plays.csv", "--epochs", "0"], "at least 1"],
    ["--seed x", ["--data", "plays.csv", "--seed", "x"], "at least 0"],
    [
      "a missing licence",
      ["--data", "plays.csv", "--license", "no.txt"],
      "--license no.txt: cannot",
    ],
  ])("%s", async (_, flags, message) => {
    const args = ["train", "bert4rec", "--out", "none", ...columns, ...flags];
    const run = await runUsher(args, { cwd: folder });
    expect([run.exitCode, run.stdout, run.stderr]).toEqual([
      2,
      "",
      expect.stringContaining(message),
    ]);
    expect(existsSync(join(folder, "none"))).toBe(false);
  });

  test("--epochs for a model that has none", async () => {
    const run = await train("ease", "--out", join(folder, "none"), "--epochs", "5");
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toBe(
      "usher: --epochs 5: ease is fitted at once on the CPU, not by epochs; leave it out\n",
    );
  });
});
