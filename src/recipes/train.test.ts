import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { InputError, InterruptedError } from "../common/errors.ts";
import { findRecipe } from "./find-recipe.ts";
import { train } from "./train.ts";

it("an interruption while data is read ends it, and nothing is written", async () => {
  const folder = await dataFolder({ "plays.txt": "u1 i1\nu1 i2\nu2 i1\nu2 i3\n" });
  const out = join(folder, "out");
  const interrupt = new AbortController();
  const training = train(await findRecipe("popularity"), {
    data: [join(folder, "plays.txt")],
    load: { format: "sequence" },
    out,
    signal: interrupt.signal,
  });
  interrupt.abort();
  await expect(training).rejects.toThrow(InterruptedError);
  await expect(training).rejects.toThrow("stopped before training began; run the same command");
  expect(existsSync(out)).toBe(false);
});

it("terms that change are refused on resuming", async () => {
  const folder = await dataFolder({ "plays.txt": "u1 i1\nu1 i2\nu2 i1\nu2 i3\n" });
  const options = {
    data: [join(folder, "plays.txt")],
    load: { format: "sequence" },
    out: join(folder, "out"),
  } as const;
  const recipe = await findRecipe("popularity");
  await train(recipe, { ...options, license: "for friends" });
  const resumed = { ...options, resume: true };
  await expect(train(recipe, resumed)).rejects.toThrow(/cannot resume, license was "[0-9a-f]{64}"/);
  await train(recipe, { ...resumed, license: "for friends" });
  expect(await readFile(join(folder, "out", "bundle", "LICENSE"), "utf8")).toBe("for friends");
});

it.each(["ease", "bert4rec"])(
  "%s is refused data without validation rows, and nothing is written",
  async (name) => {
    const folder = await dataFolder({ "plays.txt": "u1 i1\nu1 i2\nu2 i1\nu2 i3\n" });
    const out = join(folder, "out");
    const training = train(await findRecipe(name), {
      data: [join(folder, "plays.txt")],
      load: { format: "sequence" },
      out,
    });
    await expect(training).rejects.toThrow(InputError);
    await expect(training).rejects.toThrow(
      "has no validation rows to choose on; histories of three",
    );
    expect(existsSync(out)).toBe(false);
  },
);
