/**
 * `usher train --held-out-run`: a model trained on everything that tells what its recipe reached on
 * rows held out.
 */
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../../src/models/bundle.ts";
import { makePlays, playsColumns } from "./plays.ts";
import { runUsher, type UsherRun } from "./run-usher.ts";

let folder: string;
const plays = ["--data", "plays.csv", ...playsColumns];
const recipe = ["bert4rec", "--epochs", "2", "--threads", "1"];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-held-out-"));
  await writeFile(join(folder, "plays.csv"), makePlays(40, 20, 12).csv);
  await writeFile(join(folder, "others.csv"), makePlays(40, 20, 12).csv);
  const { exitCode, stderr } = await usher("train", ...recipe, ...plays, "--out", "held-out");
  expect([exitCode, stderr]).toEqual([0, ""]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const usher = (...args: string[]): Promise<UsherRun> => runUsher(args, { cwd: folder });

test("the model learns from all rows, and carries what usher evaluate says of the other", async () => {
  const flags = ["--out", "all", "--seed", "5", "--held-out-run", "held-out", "--json"];
  const { exitCode, stdout, stderr } = await usher("train", ...recipe, ...plays, ...flags);
  expect([exitCode, stderr]).toEqual([0, ""]);
  const { heldOut } = JSON.parse(stdout);
  const evaluated = await usher("evaluate", "--model", "held-out", ...plays, "--k", "10", "--json");
  const { description, numUsers, metrics } = JSON.parse(evaluated.stdout);
  expect(heldOut).toEqual({ epoch: 2, protocol: description, numUsers, metrics });

  const { manifest, dispose } = await loadModel(join(folder, "all"));
  await dispose();
  expect(manifest.split).toEqual({ kind: "none" });
  expect(manifest.heldOut).toEqual(heldOut);
  const log = (await readFile(join(folder, "all", "training.jsonl"), "utf8")).trim().split("\n");
  // Nothing was validated, so the last epoch was kept.
  expect(log.map((line) => JSON.parse(line).validation)).toEqual([null, null]);
});

test("a run that has not finished is waited for, with nothing lost", async () => {
  const [bundle, away] = ["slow/bundle", "bundle"].map((path) => join(folder, path));
  await cp(join(folder, "held-out"), join(folder, "slow"), { recursive: true });
  await rename(bundle, away);
  const train = ["train", ...recipe, ...plays, "--out", "early", "--held-out-run", "slow"];
  const early = await usher(...train);
  expect([early.exitCode, early.stderr]).toEqual([2, expect.stringContaining("has not finished")]);
  const log = (): Promise<string> => readFile(join(folder, "early", "training.jsonl"), "utf8");
  const before = await log();
  await rename(away, bundle);
  const resumed = await usher(...train, "--resume");
  expect([resumed.exitCode, resumed.stderr]).toEqual([0, ""]);
  // Seconds are in it: a second training would not write the same.
  expect(await log()).toBe(before);
});

test.each([
  ["of another recipe", ["bert4rec", "--epochs", "3", ...plays], /run\.json: recipe\.stages\.0/],
  [
    "of other data",
    [...recipe, "--data", "others.csv", ...playsColumns],
    /run\.json: data\.fingerprint was/,
  ],
])("a run %s is refused before anything is trained", async (_, args, message) => {
  const run = await usher("train", ...args, "--out", "refused", "--held-out-run", "held-out");
  expect([run.exitCode, run.stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(existsSync(join(folder, "refused"))).toBe(false);
});
