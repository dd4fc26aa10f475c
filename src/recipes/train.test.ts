import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { InterruptedError } from "../common/errors.ts";
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
