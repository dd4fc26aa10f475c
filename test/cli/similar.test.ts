/**
 * `usher similar`, with the model that ships, which has vectors, and with one that has none.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saveBundle } from "../../src/models/bundle.ts";
import { tinyBundle } from "../tiny-model.ts";
import { runUsher } from "./run-usher.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-similar-"));
  await saveBundle(join(folder, "tiny"), tinyBundle());
});
afterAll(() => rm(folder, { recursive: true }));

test("the film itself is not among those like it, and its sequel is", async () => {
  const args = ["similar", "Alien (1979)", "--k", "20", "--json"];
  const { exitCode, stdout, stderr } = await runUsher(args);
  expect([exitCode, stderr]).toEqual([0, ""]);
  const { model, film, similar } = JSON.parse(stdout);
  expect(model).toBe("sasrec-films");
  expect(film).toEqual({ itemId: 1214, title: "Alien", year: 1979 });
  expect(similar).toHaveLength(20);
  const titles = similar.map(({ title }: { title: string }) => title);
  expect(titles).toContain("Aliens");
  expect(titles).not.toContain("Alien");
  const scores = similar.map(({ score }: { score: number }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(scores[0]).toBeLessThanOrEqual(1);
});

test("filters hold, and ids name films", async () => {
  const args = ["similar", "--id", "1214", "--genre", "Comedy", "--to-year", "1990", "--json"];
  const { similar } = JSON.parse((await runUsher(args)).stdout);
  for (const { genres, year } of similar) {
    expect(genres).toContain("Comedy");
    expect(year).toBeLessThanOrEqual(1990);
  }
});

test("a baseline lists what it recommends after that film alone", async () => {
  const args = ["similar", "The Matrix", "--model", "tiny", "--k", "2"];
  const { stdout } = await runUsher(args, { cwd: folder });
  expect(stdout).toBe(
    "Like The Matrix (1999), says tiny\n" +
      "  1. The Matrix Reloaded (2003)  Action, Sci-Fi\n" +
      "  2. 300 (2007)                  Action, War\n",
  );
});

test.each([[[]], [["Alien (1979)", "--id", "1214"]]])("%j names no one film", async (args) => {
  const { exitCode, stderr } = await runUsher(["similar", ...args]);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("expected one film")]);
});
