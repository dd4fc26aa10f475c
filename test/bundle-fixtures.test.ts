/**
 * Bundles written by earlier versions stay readable and answer what they answered.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadModel } from "../src/models/bundle.ts";

const folder = fileURLToPath(new URL("fixtures/bundle-v1", import.meta.url));

describe.each(["native", "wasm"] as const)("bundle-v1 on the %s runtime", (backend) => {
  test("loads and gives the scores of the day it was made", async () => {
    const recorded: { items: number[]; scores: number[] }[] = JSON.parse(
      await readFile(`${folder}.scores.json`, "utf8"),
    );
    const model = await loadModel(folder, { backend });
    const actual = await model.recommender.score(recorded);
    await model.dispose();
    const expected = recorded.flatMap(({ scores }) => scores);
    expect(actual).toHaveLength(expected.length);
    for (const [i, score] of expected.entries()) expect(actual[i]).toBeCloseTo(score, 4);
  });
});

test("bundle-v1 says what it is", async () => {
  const model = await loadModel(folder);
  await model.dispose();
  expect(model.manifest).toMatchObject({
    formatVersion: 1,
    name: "fixture",
    kind: "bert4rec",
    numItems: 30,
    input: { maxLength: 8, appendsMask: true },
    split: { kind: "leave-one-out" },
  });
  expect(model.catalog[2]).toEqual({
    itemId: "f-2",
    title: "Film Number 2",
    year: 1952,
    genres: [],
    alternatives: ["Película número 2"],
  });
  expect(model.catalog[29]).toEqual({ itemId: "f-29", title: "", year: null, genres: [] });
});
