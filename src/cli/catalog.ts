/**
 * `usher catalog add FILE`: films that came after a model's training, made recommendable.
 */
import type { Command } from "commander";
import { InputError } from "../common/errors.ts";
import { addExamples, number } from "./flags.ts";

interface Flags {
  readonly model?: string;
  readonly out?: string;
  readonly boost: number;
  readonly json?: boolean;
}

/** Adds `catalog` and its commands. */
export function registerCatalog(program: Command): void {
  const catalog = program.command("catalog").description("change which films a model knows");
  const add = catalog
    .command("add")
    .description(
      "Add films to a model without training it: what it makes of their genres, years and the like " +
        "stands in for viewers. docs/features.md says what the file may hold.",
    )
    .argument("<file>", "films as CSV with a header, as a JSON list, or as JSON lines")
    .option("--model <dir>", "the folder of a model (default: the one that comes with Usher)")
    .option("--out <dir>", "write the larger model there (default: in place of --model)")
    .option("--boost <number>", "added to their scores: 1 shows them far more often", number, 0)
    .option("--json", "print one JSON object")
    .action(addCommand);
  addExamples(
    add,
    "catalog add new-films.csv --model out/mine",
    "catalog add new-films.json --model out/mine --out out/larger --json",
  );
}

async function addCommand(file: string, { model, out, boost, json }: Flags): Promise<void> {
  // Graphs are written anew: only this command needs what that takes.
  const { bundleFolder, loadBundleFiles, saveBundle } = await import("../models/bundle.ts");
  const { addFilms, readNetwork, requireTower } = await import("../models/add-films.ts");
  const { readNewFilms } = await import("../data/read-new-films.ts");
  const target = out ?? (model === undefined ? undefined : bundleFolder(model));
  if (target === undefined) {
    throw new InputError(
      "catalog add: the model that comes with Usher stays as it is; write the larger one to --out DIR",
    );
  }
  const bundle = await loadBundleFiles(model);
  const { encoding } = requireTower(readNetwork(bundle), bundle.manifest);
  const { films, warnings } = await readNewFilms(file, encoding);
  for (const warning of warnings) process.stderr.write(`usher: ${file}: ${warning}\n`);
  const larger = addFilms(bundle, films, boost);
  await saveBundle(target, larger);
  const { name, numItems } = larger.description;
  const reply = { model: name, out: target, added: films.length, items: numItems, warnings };
  process.stdout.write(
    json
      ? `${JSON.stringify(reply)}\n`
      : `${name}: ${films.length} films added, ${numItems} in all\nmodel: ${target}\n`,
  );
}
