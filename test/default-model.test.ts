/**
 * The model that comes with Usher: small, licensed, and the same on both runtimes.
 */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRandom } from "../src/common/random.ts";
import { readFilms } from "../src/data/read-films.ts";
import { topK } from "../src/metrics/top-k.ts";
import { DEFAULT_MODEL_FOLDER, loadModel } from "../src/models/bundle.ts";
import { runUsher } from "./cli/run-usher.ts";
import { hasSharedData, sharedData } from "./shared-data.ts";

describe("the model that ships", () => {
  test("is at most 12 MB, with the terms of its data", async () => {
    const files = await readdir(DEFAULT_MODEL_FOLDER);
    const sizes = await Promise.all(files.map((file) => stat(join(DEFAULT_MODEL_FOLDER, file))));
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(12e6);
    expect(files.sort()).toEqual([
      ...["LICENSE", "catalog.json", "content.json", "model.json", "model.onnx"],
    ]);
  });

  test("knows films from the 1920s to 2018, each with a title", async () => {
    const { catalog, dispose } = await loadModel();
    await dispose();
    const years = catalog.flatMap(({ year }) => year ?? []);
    expect(Math.min(...years)).toBeLessThan(1930);
    expect(Math.max(...years)).toBeGreaterThanOrEqual(2018);
    expect(catalog.filter(({ title }) => title === "")).toEqual([]);
  });

  test.skipIf(!hasSharedData)("names films as lists that may be passed on do", async () => {
    const { catalog, dispose } = await loadModel();
    await dispose();
    const named = await readFilms(sharedData("ml-latest-small"));
    const others = catalog.filter(({ itemId, title, alternatives = [] }) => {
      const film = named.get(itemId);
      return title !== film?.title || alternatives.join() !== (film.alternatives ?? []).join();
    });
    expect(others).toEqual([]);
  });

  test("gives the same top ten and scores within 1e-4 on both runtimes", async () => {
    const [native, wasm] = [
      await loadModel(undefined, { backend: "native" }),
      await loadModel(undefined, { backend: "wasm" }),
    ];
    const { numItems } = native.recommender;
    const random = createRandom(1, "histories");
    const histories = [0, 1, 5, 50, 300].map((length) => ({
      items: Array.from({ length }, () => random.nextInt(numItems)),
    }));
    const [a, b] = [
      await native.recommender.score(histories),
      await wasm.recommender.score(histories),
    ];
    await Promise.all([native.dispose(), wasm.dispose()]);
    let difference = 0;
    for (const [i, score] of a.entries()) difference = Math.max(difference, Math.abs(score - b[i]));
    expect(difference).toBeLessThanOrEqual(1e-4);
    for (let u = 0; u < histories.length; u++) {
      const row = (scores: Float32Array): number[] =>
        Array.from(topK(scores.subarray(u * numItems, (u + 1) * numItems), 10));
      expect(row(b)).toEqual(row(a));
    }
  });

  test("recommends from any folder", async () => {
    const { stdout } = await runUsher(["recommend", "Alien", "The Thing (1982)", "--json"], {
      cwd: "/",
    });
    expect(JSON.parse(stdout).recommendations).toHaveLength(10);
  });
});
