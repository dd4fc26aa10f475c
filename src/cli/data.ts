/**
 * `usher data`: fetch data sets and look into them.
 */
import type { Command } from "commander";
import { registerDataFetch } from "./data-fetch.ts";
import { registerDataInspect } from "./data-inspect.ts";
import { addExamples } from "./flags.ts";

const examples: Readonly<Record<string, readonly string[]>> = {
  fetch: [
    "data fetch ml-1m --out data",
    "data fetch ml-100k --mirror https://example.org/movielens",
  ],
  inspect: [
    "data inspect data/ml-1m.zip",
    "data inspect views.csv --user-column user --item-column film --time-column seen_at --json",
  ],
};

/** Adds `data` and its commands. */
export function registerData(program: Command): void {
  const data = program.command("data").description("fetch data sets and look into them");
  registerDataFetch(data);
  registerDataInspect(data);
  for (const command of data.commands) addExamples(command, ...(examples[command.name()] ?? []));
}
