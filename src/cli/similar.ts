/**
 * `usher similar TITLE`: films like a film.
 */
import type { Command } from "commander";
import { InputError } from "../common/errors.ts";
import { loadModel } from "../models/bundle.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import { similarFilms } from "../models/similar.ts";
import { compileWasmOnce } from "./compile-wasm-once.ts";
import { addFilterFlags, type FilterFlags, toFilterOptions } from "./filter-flags.ts";
import { addExamples, wholeNumber } from "./flags.ts";
import { formatSimilar, type Listing, toJsonSimilar } from "./format-recommendations.ts";
import { readHistory } from "./read-history.ts";

interface Flags extends FilterFlags {
  readonly id?: string;
  readonly k: number;
  readonly model?: string;
  readonly json?: boolean;
}

/** Adds `similar` to the program. */
export function registerSimilar(program: Command): void {
  const command = program
    .command("similar")
    .description(
      "List the films nearest to a film, as the model sees them: those that are watched in like places.",
    )
    .argument("[title]", 'as in "The Matrix" or "Matrix, The (1999)"')
    .option("--id <id>", "name the film by the model's own id instead")
    .option("--k <count>", "how many films", wholeNumber(1), 10)
    .option("--model <dir>", "the folder of a model (default: the one that comes with Usher)")
    .option("--json", "print one JSON object")
    .action(similarCommand);
  addFilterFlags(command);
  addExamples(command, 'similar "Alien (1979)"', "similar --id 260 --genre Comedy --k 5 --json");
}

async function similarCommand(title: string | undefined, flags: Flags): Promise<void> {
  if ((title === undefined) === (flags.id === undefined)) {
    throw new InputError('similar: expected one film, e.g. usher similar "Alien (1979)"');
  }
  compileWasmOnce();
  const model = await loadModel(flags.model);
  try {
    await printSimilar(model, title, flags);
  } finally {
    await model.dispose();
  }
}

async function printSimilar(
  model: LoadedModel,
  title: string | undefined,
  flags: Flags,
): Promise<void> {
  const history = readHistory(
    model,
    title === undefined ? [] : [title],
    flags.id === undefined ? [] : [flags.id],
  );
  const options = { k: flags.k, ...toFilterOptions(flags) };
  const recommendations = await similarFilms(model, history[0], options);
  const listing: Listing = { model, history, recommendations };
  process.stdout.write(
    flags.json ? `${JSON.stringify(toJsonSimilar(listing))}\n` : formatSimilar(listing),
  );
}
