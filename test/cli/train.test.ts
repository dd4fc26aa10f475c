/**
 * `usher train` on data of one's own, end to end: UUIDs, no titles, no ratings.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/common/random.ts";
import { runUsher } from "./run-usher.ts";

const NUM_USERS = 80;
const HISTORY = 12;
const columns = ["--user-column", "viewer", "--item-column", "film", "--time-column", "at"];
const films = Array.from({ length: 30 }, () => randomUUID());
const viewers = Array.from({ length: NUM_USERS }, () => randomUUID());

let folder: string;
let plays: string;
let model: string;

/** Everyone watches the films in one circle, from some place on: what comes next is certain. */
function circularCsv(): string {
  const random = createRandom(3, "plays");
  const rows = viewers.flatMap((viewer) => {
    const first = random.nextInt(films.length);
    return Array.from({ length: HISTORY }, (_, i) => {
      const film = films[(first + i) % films.length];
      return `${viewer},${film},${1_700_000_000 + i * 60}`;
    });
  });
  return `viewer,film,at\n${rows.join("\n")}\n`;
}

const train = (...flags: string[]): ReturnType<typeof runUsher> =>
  runUsher(["train", ...flags, "--data", plays, ...columns, "--threads", "1"]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-train-"));
  plays = join(folder, "plays.csv");
  model = join(folder, "model");
  await writeFile(plays, circularCsv());
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
  expect(JSON.parse(run.stdout).training.recipe.loss).toEqual(loss);
  const flags = ["--model", out, "--data", plays, ...columns, "--split", "validation", "--json"];
  const evaluated = await runUsher(["evaluate", ...flags, "--protocol", "full"]);
  expect(JSON.parse(evaluated.stdout).metrics["hitRate@10"].value).toBeGreaterThan(0.6);
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
});
