import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { InputError } from "../common/errors.ts";
import { requireHeldOutRun } from "./held-out.ts";
import { parseRecipe } from "./parse-recipe.ts";
import type { Recipe } from "./recipe.ts";
import { readRunRecord } from "./run-folder.ts";

const run = fileURLToPath(new URL("../../test/fixtures/run-v1", import.meta.url));
const { recipe, data } = await readRunRecord(run);

async function refusal(folder: string, own: Recipe = recipe, trainedOn = data): Promise<Error> {
  const error = await requireHeldOutRun(folder, own, trainedOn, undefined).catch(
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return error as Error;
}

/** A run of that recipe and those data, in a folder of its own. */
async function runOf(changes: object): Promise<string> {
  const record = JSON.parse(await readFile(join(run, "run.json"), "utf8"));
  return dataFolder({ "run.json": JSON.stringify({ ...record, ...changes }) });
}

describe("requireHeldOutRun", () => {
  it("takes a run of the same recipe and data, whatever the seed", async () => {
    await requireHeldOutRun(run, { ...recipe, seed: recipe.seed + 1 }, data, undefined);
  });

  it("takes one whose recipe was written in another order", async () => {
    const reversed = Object.fromEntries(Object.entries(recipe).reverse());
    await requireHeldOutRun(await runOf({ recipe: reversed }), recipe, data, undefined);
  });

  it("refuses another recipe, and says in what", async () => {
    const other = { ...recipe, name: "other" };
    expect((await refusal(run, other)).message).toBe(
      `--held-out-run ${join(run, "run.json")}: recipe.name was "fixture" and is "other"; give a run of the same recipe and data`,
    );
  });

  it("refuses other data", async () => {
    const { message } = await refusal(run, recipe, { ...data, fingerprint: "77" });
    expect(message).toContain(`data.fingerprint was "${data.fingerprint}" and is "77"`);
  });

  it("refuses a run that held nothing out", async () => {
    const nothing: unknown = { ...recipe, split: { kind: "none" }, validation: null };
    const own = parseRecipe(JSON.stringify(nothing), "nothing.json");
    const { message } = await refusal(await runOf({ recipe: nothing }), own);
    expect(message).toContain("holds nothing out");
  });

  it("refuses a folder without a record, and a record newer than it reads", async () => {
    const empty = await dataFolder({});
    expect((await refusal(empty)).message).toContain("not found; give the folder of a run");
    await writeFile(join(empty, "run.json"), '{"formatVersion":2}');
    expect((await refusal(empty)).message).toContain("formatVersion 2 is newer");
  });
});
