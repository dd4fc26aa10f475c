/**
 * `usher train popularity|item-knn|ease`: settings chosen on validation rows, and a model like any
 * other.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { trainingInteractions } from "../../src/data/split.ts";
import { BASELINE_GRIDS } from "../../src/evaluation/tune-baselines.ts";
import {
  type BaselineKind,
  createBaselineRecommender,
  fitBaseline,
} from "../../src/models/baselines.ts";
import { loadModel } from "../../src/models/bundle.ts";
import { prepareData, splitData } from "../../src/recipes/prepare-data.ts";
import { makePlays, playsColumns } from "./plays.ts";
import { runUsher, type UsherOptions, type UsherRun } from "./run-usher.ts";

const { films, viewers, csv } = makePlays(60, 30, 12);
const preparation = {
  minRating: null,
  minUserInteractions: 1,
  mostWatchedItems: null,
  minItemInteractions: 1,
  onlyShareableTitles: false,
};
const columns = { userColumn: "viewer", itemColumn: "film", timeColumn: "at" };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-baselines-"));
  await writeFile(join(folder, "plays.csv"), csv);
  await writeFile(join(folder, "TERMS"), "Yours to keep.\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function train(
  recipe: string,
  out: string,
  flags: readonly string[] = [],
  options: UsherOptions = {},
): Promise<UsherRun> {
  const args = ["train", recipe, "--data", "plays.csv", ...playsColumns, "--out", out, ...flags];
  return runUsher(args, { cwd: folder, ...options });
}

describe.each<BaselineKind>(["popularity", "recent-popularity", "item-knn", "markov", "ease"])(
  "%s",
  (kind) => {
    test("is chosen on validation rows, and scores as fitted from the library", async () => {
      const { exitCode, stdout, stderr } = await train(kind, kind, ["--json"]);
      expect([exitCode, stderr]).toEqual([0, ""]);
      const summary = JSON.parse(stdout);
      expect(summary).toMatchObject({
        name: kind,
        kind,
        bundle: join(kind, "bundle"),
        users: viewers.length,
        items: films.length,
        interactions: viewers.length * 12,
        heldOut: null,
      });
      const model = await loadModel(join(folder, kind));
      const { config, split, training } = model.manifest;
      if (recipesThatChoose.includes(kind))
        requireBest(config, summary.training, BASELINE_GRIDS[kind]);
      expect(training).toEqual(summary.training);
      expect(split).toEqual({ kind: "leave-one-out" });

      const data = await prepareData([join(folder, "plays.csv")], { preparation }, columns);
      const rows = trainingInteractions(splitData(data.interactions, { kind: "leave-one-out" }));
      const twin = createBaselineRecommender(await fitBaseline(kind, rows, config as never));
      const histories = [{ items: [3] }, { items: [0, 1, 2, 3, 2] }];
      const expected = await twin.score(histories);
      const actual = await model.recommender.score(histories);
      await model.dispose();
      for (const [i, score] of expected.entries()) expect(actual[i]).toBeCloseTo(score, 4);
    });
  },
);

/** Those that ship with `options: null`. */
const recipesThatChoose: readonly BaselineKind[] = ["item-knn", "markov", "ease"];

interface Tuned {
  readonly metric: string;
  readonly trials: readonly {
    readonly options: Readonly<Record<string, number>>;
    readonly metrics: Readonly<Record<string, number>>;
  }[];
}

/** The settings are those of the first trial that none outdid, and every trial was recorded. */
function requireBest(config: object, { metric, trials }: Tuned, grid: readonly object[]): void {
  expect(metric).toBe("ndcg@10");
  expect(trials.map(({ options }) => options)).toEqual(grid);
  const values = trials.map(({ metrics }) => metrics[metric]);
  expect(config).toEqual(trials[values.indexOf(Math.max(...values))].options);
}

test("settings of a recipe of one's own are taken as they are, and people get two lines", async () => {
  const recipe = {
    formatVersion: 1,
    name: "mine",
    model: { kind: "item-knn", options: { numNeighbors: 3, shrinkage: 2 } },
    split: { kind: "none" },
  };
  await writeFile(join(folder, "mine.json"), JSON.stringify(recipe));
  const { stdout } = await train("mine.json", "mine");
  expect(stdout).toBe(
    "mine: trained on 720 interactions of 60 users with 30 items\n" +
      `model: ${join("mine", "bundle")}\n`,
  );
  const { manifest, dispose } = await loadModel(join(folder, "mine"));
  await dispose();
  expect(manifest.config).toEqual({ numNeighbors: 3, shrinkage: 2, recency: 1 });
});

test("--license is kept in the bundle", async () => {
  const { stdout } = await train("popularity", "licensed", ["--license", "TERMS"]);
  // Two of each user are held out.
  expect(stdout).toContain("trained on 600 of 720 interactions of 60 users with 30 items\n");
  const license = await readFile(join(folder, "licensed", "bundle", "LICENSE"), "utf8");
  expect(license).toBe("Yours to keep.\n");
  const model = await loadModel(join(folder, "licensed"));
  expect(model.manifest.files.LICENSE.sizeBytes).toBe(license.length);
  await model.dispose();
});

test("Ctrl-C ends the choice of settings, which --resume begins again", async () => {
  // Fifty settings take seconds on these.
  const { csv: more } = makePlays(300, 200, 30);
  await writeFile(join(folder, "more.csv"), more);
  const args = ["train", "item-knn", "--data", "more.csv", ...playsColumns, "--out", "interrupted"];
  const record = join(folder, "interrupted", "run.json");
  const { exitCode, stdout, stderr } = await runUsher(args, {
    cwd: folder,
    onStart: async (child) => {
      while (!existsSync(record) && child.exitCode === null) await sleep(5);
      child.kill("SIGINT");
    },
  });
  expect(stderr).toMatch(/^usher: item-knn: stopped after \d+ of 50 settings; --resume /);
  expect([exitCode, stdout]).toEqual([130, ""]);
  expect(existsSync(join(folder, "interrupted", "bundle"))).toBe(false);
  const { exitCode: resumed } = await runUsher([...args, "--resume"], { cwd: folder });
  expect(resumed).toBe(0);
  expect(existsSync(join(folder, "interrupted", "bundle"))).toBe(true);
});
