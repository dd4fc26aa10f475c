/**
 * Puts the model of a finished run among the checkpoints that `usher reproduce` reads:
 *
 *   node --import ./scripts/register-typescript.js scripts/save-checkpoint.ts RUN DATA [LICENSE]
 *
 * The folder in `checkpoints/` is called like the recipe. LICENSE is the file of its terms; by default
 * `checkpoints/LICENSE`, for what learnt from MovieLens 1M.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { readRunRecord } from "../src/recipes/run-folder.ts";
import { saveCheckpoint } from "../src/recipes/save-checkpoint.ts";
import { CHECKPOINTS } from "../src/reproductions/find-checkpoint.ts";

const [run, data, terms = join(CHECKPOINTS, "LICENSE")] = process.argv.slice(2);
if (run === undefined || data === undefined) {
  process.stderr.write("usage: save-checkpoint.ts RUN DATA [LICENSE]\n");
  process.exit(2);
}
const { recipe } = await readRunRecord(run);
const target = join(CHECKPOINTS, recipe.name);
const license = await readFile(terms, "utf8");
const cost = await saveCheckpoint(run, target, { data: [data], license, numThreads: 1 });
process.stdout.write(
  cost
    ? `${target}: validation ${cost.metric} ${cost.int8.toFixed(4)} in 8 bits, ${cost.float32.toFixed(4)} in 32\n`
    : `${target}: its recipe has no validation rows to measure 8 bits on\n`,
);
