/**
 * `usher train --continue`: new interactions, new films and new viewers in a model that is there.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../../src/models/bundle.ts";
import { readContinuedModel } from "../../src/recipes/continue-model.ts";
import { train } from "../../src/recipes/train.ts";
import { genreFiles, genreRecipe, NUM_FILMS } from "../genre-films.ts";
import { runUsher } from "./run-usher.ts";

let folder: string;
const at = (name: string): string => join(folder, name);

async function write(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(at(name));
  for (const [file, text] of Object.entries(files)) await writeFile(join(at(name), file), text);
}

const plain = { ...genreRecipe, name: "plain", model: { ...genreRecipe.model, content: false } };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-continue-"));
  await write("old", genreFiles(100, false));
  await write("new", genreFiles(140));
  for (const recipe of [genreRecipe, plain]) {
    await writeFile(at(`${recipe.name}.json`), JSON.stringify(recipe));
    const { exitCode, stderr } = await runUsher([
      ...["train", at(`${recipe.name}.json`), "--data", at("old"), "--out", at(recipe.name)],
      ...["--threads", "1"],
    ]);
    expect([exitCode, stderr]).toEqual([0, ""]);
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

async function firstLoss(run: string): Promise<number> {
  const [line] = (await readFile(join(at(run), "training.jsonl"), "utf8")).split("\n");
  return JSON.parse(line).loss;
}

describe.each(["genres", "plain"])("going on from %s", (name) => {
  test("new films join the vocabulary, and nothing learnt is lost", async () => {
    const out = `${name}-on`;
    const { exitCode, stdout, stderr } = await runUsher([
      ...["train", "--continue", at(name), "--data", at("new"), "--out", at(out)],
      ...["--epochs", "2", "--threads", "1", "--json"],
    ]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({ name, items: NUM_FILMS, users: 140 });
    // It starts where the other ended: below what a first epoch on these data costs.
    const fresh = await runUsher([
      ...["train", at(`${name}.json`), "--data", at("new"), "--out", at(`${name}-fresh`)],
      ...["--epochs", "1", "--threads", "1"],
    ]);
    expect(fresh.exitCode).toBe(0);
    // What content adds is folded into the rows of a bundle, and learnt anew: that costs at first.
    if (name === "plain") {
      expect(await firstLoss(out)).toBeLessThan((await firstLoss(`${name}-fresh`)) - 0.05);
    }
    const [old, model] = [await loadModel(at(name)), await loadModel(at(out))];
    const oldIds = old.catalog.map(({ itemId }) => itemId);
    expect(oldIds).toHaveLength(NUM_FILMS - 4);
    expect(model.catalog.slice(0, oldIds.length).map(({ itemId }) => itemId)).toEqual(oldIds);
    expect(model.manifest.training).toMatchObject({ continued: { name } });
    // Comedies for who watches comedies, the new ones too.
    const items = ["1", "3", "5"].map((id) => model.itemIndexOf(id) as number);
    const scores = await model.recommender.score([{ items }]);
    const scoreOf = (film: number): number => scores[model.itemIndexOf(String(film + 1)) as number];
    expect(scoreOf(NUM_FILMS - 2)).toBeGreaterThan(scoreOf(NUM_FILMS - 1));
    expect(scoreOf(NUM_FILMS - 4)).toBeGreaterThan(scoreOf(NUM_FILMS - 3));
    await old.dispose();
    await model.dispose();
  });

  test("without learning, old films keep their scores", async () => {
    const from = await readContinuedModel(at(name));
    const optimizer = { ...from.recipe.optimizer, learningRate: 1e-12 };
    const recipe = { ...from.recipe, optimizer, stages: [{ epochs: 1, windowLength: 10 }] };
    const options = { data: [at("new")], resources: { numThreads: 1 }, continueFrom: from };
    await train(recipe as typeof from.recipe, { ...options, out: at(`${name}-same`) });
    const [old, model] = [await loadModel(at(name)), await loadModel(at(`${name}-same`))];
    const history = { items: [0, 2, 4] };
    const before = await old.recommender.score([history]);
    const after = await model.recommender.score([history]);
    for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 3);
    expect(after.slice(before.length).every(Number.isFinite)).toBe(true);
    await old.dispose();
    await model.dispose();
  });
});

describe("refuses", () => {
  const go = (...args: string[]): ReturnType<typeof runUsher> =>
    runUsher(["train", ...args, "--data", at("new"), "--out", at("refused")]);

  test("a recipe beside --continue, and neither of them", async () => {
    const both = await go("sasrec", "--continue", at("genres"));
    expect([both.exitCode, both.stderr.includes('leave out "sasrec"')]).toEqual([2, true]);
    const neither = await go();
    expect([neither.exitCode, neither.stderr.includes("expected a recipe")]).toEqual([2, true]);
  });

  test("a baseline", async () => {
    await runUsher(["train", "popularity", "--data", at("old"), "--out", at("popularity")]);
    const { exitCode, stderr } = await go("--continue", at("popularity"));
    expect(exitCode).toBe(2);
    expect(stderr).toContain("a baseline is fitted at once: train it anew on all data");
  });

  test("a folder without a model, and data whose ids mean other films", async () => {
    const none = await go("--continue", at("old"));
    expect([none.exitCode, none.stderr.includes("expected the folder of a model")]).toEqual([
      2,
      true,
    ]);
    const { "movies.csv": movies, ...files } = genreFiles(20);
    await write("other", { ...files, "movies.csv": movies.replaceAll("Film", "Tale") });
    const { exitCode, stderr } = await runUsher([
      ...["train", "--continue", at("genres"), "--data", at("other"), "--out", at("refused")],
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      "train --continue: ids of other mean other films than those of genres",
    );
  });
});
