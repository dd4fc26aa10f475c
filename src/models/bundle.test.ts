import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { tinyBundle, tinyFilms, tinyHistories } from "../../test/tiny-model.ts";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { loadModel, saveBundle } from "./bundle.ts";
import { parseCatalog } from "./bundle-format.ts";
import { createItemKnnRecommender, fitItemKnn } from "./item-knn.ts";

/** Paths that no folder can be renamed to: a disk that fails between two renames. */
const refused = vi.hoisted(() => new Set<string>());
vi.mock("node:fs/promises", async (importActual) => {
  const actual = await importActual<typeof import("node:fs/promises")>();
  const rename: typeof actual.rename = (from, to) =>
    refused.delete(String(to)) ? Promise.reject(new Error("EIO")) : actual.rename(from, to);
  return { ...actual, rename };
});

let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "usher-bundle-"));
  folder = join(parent, "model");
});
afterEach(() => rm(parent, { recursive: true }));

/** Rewrites a field of `model.json`. */
async function edit(change: (manifest: Record<string, never>) => void): Promise<void> {
  const path = join(folder, "model.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  change(manifest);
  await writeFile(path, JSON.stringify(manifest));
}

async function refusal(): Promise<unknown> {
  return loadModel(folder).then(
    () => "loaded",
    (error) => error,
  );
}

describe("a saved bundle", () => {
  beforeEach(() => saveBundle(folder, tinyBundle()));

  test("loads with everything it was saved with", async () => {
    const model = await loadModel(folder);
    expect(model.catalog).toEqual(tinyFilms);
    expect(model.manifest).toMatchObject({ formatVersion: 1, ...tinyBundle().description });
    expect(Object.keys(model.manifest.files)).toEqual(["model.onnx", "catalog.json", "LICENSE"]);
    expect([model.itemIndexOf("3"), model.itemIndexOf("03")]).toEqual([2, undefined]);
    await model.dispose();
  });

  test("scores as the model did before it was saved", async () => {
    const options = { numNeighbors: 8, shrinkage: 0 };
    const plain = createItemKnnRecommender(fitItemKnn(toInteractions(tinyHistories, 8), options));
    const { recommender } = await loadModel(folder);
    const histories = [{ items: [0] }, { items: [] }, { items: [4, 7, 4] }];
    const [expected, actual] = [await plain.score(histories), await recommender.score(histories)];
    for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
    await recommender.dispose();
  });

  test("is found inside the folder of its training", async () => {
    const run = join(parent, "run");
    await saveBundle(join(run, "bundle"), tinyBundle());
    const model = await loadModel(run);
    expect(model.manifest.name).toBe("tiny");
    await model.dispose();
  });

  test("is replaced whole by another one", async () => {
    await saveBundle(folder, { ...tinyBundle(undefined, { name: "second" }), license: undefined });
    expect((await readdir(folder)).sort()).toEqual(["catalog.json", "model.json", "model.onnx"]);
    expect(await readdir(parent)).toEqual(["model"]);
  });

  test("stays when the one that replaces it cannot be put in its place", async () => {
    refused.add(folder);
    const second = tinyBundle(undefined, { name: "second" });
    await expect(saveBundle(folder, second)).rejects.toThrow(
      new EnvironmentError(`${folder}: could not be written (EIO)`),
    );
    const model = await loadModel(folder);
    expect(model.manifest.name).toBe("tiny");
    await model.dispose();
    expect(await readdir(parent)).toEqual(["model"]);
  });

  test.each(["model.onnx", "catalog.json", "LICENSE"])(
    "is refused when one bit of %s is another",
    async (file) => {
      const path = join(folder, file);
      const bytes = await readFile(path);
      bytes[5] ^= 1;
      await writeFile(path, bytes);
      const error = await refusal();
      expect(error).toBeInstanceOf(InputError);
      expect(String(error)).toMatch(`${path}: expected sha256`);
    },
  );

  test("is refused when a file is cut short or gone", async () => {
    const path = join(folder, "model.onnx");
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, 100));
    expect(String(await refusal())).toMatch(`${path}: expected ${bytes.length} bytes, got 100`);
    await rm(path);
    expect(String(await refusal())).toMatch(`${path}: not there`);
  });

  test("is refused when its format is newer, with what to do", async () => {
    await edit((manifest) => Object.assign(manifest, { formatVersion: 2 }));
    const error = await refusal();
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toMatch(
      "formatVersion 2 is newer than this Usher reads (1); update Usher",
    );
  });

  test("is refused when a field is missing or wrong, by its name", async () => {
    await edit((manifest) => Object.assign(manifest, { numItems: "8" }));
    expect(String(await refusal())).toMatch(/model\.json: numItems: .*expected number/);
    await writeFile(join(folder, "model.json"), "{");
    expect(String(await refusal())).toMatch("model.json: not JSON");
  });

  test("is refused when a file's name leads out of the folder", async () => {
    const record = { sha256: "0".repeat(64), sizeBytes: 0 };
    await edit(({ files }) => Object.assign(files, { "../secret": record }));
    expect(String(await refusal())).toMatch("files.../secret");
  });

  test.each([
    ["no title", { itemId: "1", year: 1999, genres: [] }],
    ["a year that is text", { ...tinyFilms[0], year: "1999" }],
    ["a genre that is none", { ...tinyFilms[0], genres: [null] }],
    ["no film at all", null],
  ])("is refused when its catalog lists %s", async (_name, film) => {
    const films = [film, ...tinyFilms.slice(1)] as typeof tinyFilms;
    expect(() => parseCatalog(JSON.stringify({ films }), 8, "catalog.json")).toThrow(
      "catalog.json: expected a film as number 1, got",
    );
  });

  test("is refused when its catalog is that of another model", async () => {
    await saveBundle(folder, tinyBundle(undefined, { numItems: 9 }));
    expect(String(await refusal())).toMatch("expected the 9 films that the model ranks, got 8");
  });
});

describe("without a bundle", () => {
  test("loading says what is missing", async () => {
    expect(String(await refusal())).toMatch(
      `${folder}: expected the folder of a model, but no such`,
    );
    expect(await refusal()).toBeInstanceOf(InputError);
    folder = parent;
    expect(String(await refusal())).toMatch("the folder has no model.json");
  });

  test("saving leaves a folder with other files alone", async () => {
    await writeFile(join(parent, "thesis.txt"), "");
    await expect(saveBundle(parent, tinyBundle())).rejects.toThrow(InputError);
    expect(await readdir(parent)).toEqual(["thesis.txt"]);
  });

  test("a save that fails leaves nothing", async () => {
    await expect(saveBundle(folder, tinyBundle(undefined, { name: "" }))).rejects.toThrow(
      InputError,
    );
    const tooLong = join(parent, "m".repeat(250));
    await expect(saveBundle(tooLong, tinyBundle())).rejects.toThrow(EnvironmentError);
    expect(await readdir(parent)).toEqual([]);
  });
});
