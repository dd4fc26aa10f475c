import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { parseRecipe } from "./parse-recipe.ts";
import { describeEnvironment, openRunFolder, type RunRecord } from "./run-folder.ts";
import { isLock } from "./run-lock.ts";

const fixture = new URL("../../test/fixtures/recipe-v1.json", import.meta.url);
const recipe = parseRecipe(readFileSync(fixture, "utf8"), "recipe-v1.json");

const record: RunRecord = {
  formatVersion: 1,
  recipe,
  data: { names: ["a", "b"], fingerprint: "66d3" },
  environment: { node: "v20.20.2", numThreads: 2 },
};

const changed = (change: (copy: Record<string, never>) => void): RunRecord => {
  const copy = structuredClone(record) as unknown as Record<string, never>;
  change(copy);
  return copy as unknown as RunRecord;
};

const namesIn = async (path: string): Promise<string[]> =>
  (await readdir(path)).filter((name) => !isLock(name)).sort();

async function begun(): Promise<string> {
  const path = join(await dataFolder({}), "runs", "one");
  await (await openRunFolder(path, record, false)).release();
  return path;
}

describe("openRunFolder", () => {
  it("makes the folder, says what is trained in it, and locks it", async () => {
    const path = join(await dataFolder({}), "runs", "one");
    const folder = await openRunFolder(path, record, false);
    expect(folder).toMatchObject({
      path,
      checkpoints: join(path, "checkpoint"),
      log: join(path, "training.jsonl"),
      report: join(path, "report.html"),
      bundle: join(path, "bundle"),
    });
    expect(JSON.parse(await readFile(join(path, "run.json"), "utf8"))).toEqual(record);
    await expect(openRunFolder(path, record, true)).rejects.toThrow(EnvironmentError);
    await expect(openRunFolder(path, record, true)).rejects.toThrow("trains here");
    await folder.release();
    expect(await readdir(path)).toEqual(["run.json"]);
  });

  it("begins anew in an empty folder, resumed or not, and after a kill in its first moments", async () => {
    for (const resume of [false, true]) {
      const path = await dataFolder({});
      await (await openRunFolder(path, record, resume)).release();
      expect(await readdir(path)).toEqual(["run.json"]);
    }
    const killed = await dataFolder({ "run.json.12-0-0.tmp": '{"form' });
    await (await openRunFolder(killed, record, true)).release();
    expect(await readdir(killed)).toEqual(["run.json"]);
  });

  it("gives a folder back that was refused in the end, unless something was trained there", async () => {
    const path = await dataFolder({});
    const refused = await openRunFolder(path, record, false);
    await writeFile(refused.log, "");
    await refused.abandon();
    await refused.release();
    expect(await readdir(path)).toEqual([]);
    const trained = await openRunFolder(path, record, false);
    await mkdir(trained.checkpoints);
    await trained.abandon();
    await trained.release();
    expect(await namesIn(path)).toEqual(["checkpoint", "run.json"]);
    const resumed = await openRunFolder(await begun(), record, true);
    await resumed.abandon();
    await resumed.release();
    expect(await namesIn(resumed.path)).toEqual(["run.json"]);
  });

  it("is refused what is not empty, unless it is to be resumed", async () => {
    const path = await begun();
    await expect(openRunFolder(path, record, false)).rejects.toThrow(InputError);
    await expect(openRunFolder(path, record, false)).rejects.toThrow(
      `--out ${path}: not empty; go on with --resume, or choose another folder`,
    );
    await (await openRunFolder(path, record, true)).release();
    expect(await readdir(path)).toEqual(["run.json"]);
  });

  it("is refused a folder of something else", async () => {
    const path = await dataFolder({ "letter.txt": "Dear" });
    await expect(openRunFolder(path, record, true)).rejects.toThrow(InputError);
    await expect(openRunFolder(path, record, true)).rejects.toThrow(
      "not empty and without run.json, so no training began here",
    );
    expect(await namesIn(path)).toEqual(["letter.txt"]);
    const file = join(path, "letter.txt");
    await expect(openRunFolder(file, record, false)).rejects.toThrow(
      "expected a folder, got a file",
    );
    await expect(openRunFolder(join(file, "x"), record, false)).rejects.toThrow(InputError);
  });

  it.each<[string, RunRecord]>([
    [
      "recipe.stages.1.epochs was 2 and is 4",
      changed((copy) => {
        (copy.recipe as { stages: { epochs: number }[] }).stages[1].epochs = 4;
      }),
    ],
    [
      'recipe.validation was {"metric":"hitRate@10","everyEpochs":2,"patience":3} and is null',
      changed((copy) => {
        (copy.recipe as { validation: object | null }).validation = null;
      }),
    ],
    [
      'data.fingerprint was "66d3" and is "66d4"',
      changed((copy) => {
        (copy.data as { fingerprint: string }).fingerprint = "66d4";
      }),
    ],
    [
      "environment.numThreads was 2 and is undefined",
      changed((copy) => {
        delete (copy.environment as { numThreads?: number }).numThreads;
      }),
    ],
  ])("is not resumed with another training: %s", async (difference, other) => {
    const path = await begun();
    await expect(openRunFolder(path, other, true)).rejects.toThrow(InputError);
    await expect(openRunFolder(path, other, true)).rejects.toThrow(
      `${join(path, "run.json")}: cannot resume, ${difference}; resume as it was begun, or start anew`,
    );
    expect(JSON.parse(await readFile(join(path, "run.json"), "utf8"))).toEqual(record);
    await (await openRunFolder(path, record, true)).release();
  });

  it("is resumed where the recipe says the same in other words", async () => {
    const reworded = { ...record, recipe: { ...recipe, description: "said otherwise" } };
    await (await openRunFolder(await begun(), reworded, true)).release();
  });

  it("is resumed where the recipe was recorded before it had a field of which it has the default", async () => {
    const path = await begun();
    const older = changed((copy) => {
      delete (copy.recipe as { preparation?: object }).preparation;
    });
    await writeFile(join(path, "run.json"), JSON.stringify(older));
    await (await openRunFolder(path, record, true)).release();
  });

  it.each([
    ["{", "not JSON"],
    ['{"formatVersion":1}', "run.json: recipe: "],
    ['{"formatVersion":2}', "formatVersion 2 is newer than this Usher reads (1); update Usher"],
    ["null", "formatVersion: expected 1, got undefined"],
  ])("refuses a record it cannot read: %s", async (text, message) => {
    const path = await begun();
    await writeFile(join(path, "run.json"), text);
    await expect(openRunFolder(path, record, true)).rejects.toThrow(InputError);
    await expect(openRunFolder(path, record, true)).rejects.toThrow(message);
    expect(await readdir(path)).toEqual(["run.json"]);
  });
});

it("describes all that sums depend on", () => {
  const environment = describeEnvironment(3, "cpu");
  expect(environment).toMatchObject({ node: process.version, device: "cpu", numThreads: 3 });
  expect(environment.usher).toMatch(/^\d+\.\d+\.\d+/);
  expect(environment.platform).toBe(`${process.platform}-${process.arch}`);
  expect(Object.keys(environment)).toEqual(
    expect.arrayContaining(["backend", "processor", "cores"]),
  );
});
