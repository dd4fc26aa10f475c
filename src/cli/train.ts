/**
 * `usher train RECIPE|MODEL`: trains a model on your data, into a folder.
 */
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { InputError } from "../common/errors.ts";
import type { LoadOptions } from "../data/dataset.ts";
import type { Recipe } from "../recipes/recipe.ts";
import type { TrainSummary } from "../recipes/train.ts";
import type { Device } from "../runtime/session.ts";
import { addDataOptions, toLoadOptions } from "./data-options.ts";

interface TrainFlags extends LoadOptions {
  readonly data: readonly string[];
  readonly out: string;
  readonly seed?: number;
  readonly epochs?: number;
  readonly resume?: boolean;
  readonly threads: number;
  readonly device: Device;
  readonly heldOutRun?: string;
  readonly license?: string;
  readonly json?: boolean;
}

const examples = `
Recipes that ship: bert4rec-ml1m, bert4rec-films (the model that ships), bert4rec (small, for data
of your own), popularity, item-knn, ease. Any other word is the path of a recipe file.

Examples:
  $ usher train bert4rec-ml1m --data ml-1m-sasrec --out out/ml1m --seed 1
  $ usher train ease --data ml-1m --out out/ease
  $ usher train bert4rec --data plays.csv --user-column user --item-column film \\
      --time-column played_at --out out/mine
  $ usher train bert4rec-ml1m --data ml-1m-sasrec --out out/ml1m --seed 1 --resume
`;

export function registerTrain(program: Command): void {
  const command = program
    .command("train")
    .description("train a model on a data set, into a folder")
    .argument("<recipe>", "the name of a recipe that ships, or a JSON file")
    .requiredOption("--data <path>", "a data set; several are joined over one catalog", collect, [])
    .requiredOption("--out <folder>", "where to write, new or empty unless --resume")
    .option("--seed <n>", "instead of the recipe's", parseCount)
    .option("--epochs <n>", "train no longer than this", parseCount)
    .option("--resume", "go on from the checkpoint in --out")
    .option("--threads <n>", "0 takes one for each core", parseCount, 0)
    .addOption(new Option("--device <device>").choices(["cpu", "webgpu", "cuda"]).default("cpu"))
    .option("--held-out-run <folder>", "train on everything; report what this run reached")
    .option("--license <file>", "the terms of the model, kept in its bundle")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples);
  addDataOptions(command).action(trainCommand);
}

async function trainCommand(nameOrPath: string, flags: TrainFlags): Promise<void> {
  // Training code and DuckDB are only loaded by the commands that need them.
  const { findRecipe } = await import("../recipes/find-recipe.ts");
  const { train } = await import("../recipes/train.ts");
  const { isNetwork } = await import("../recipes/recipe.ts");
  const found = await findRecipe(nameOrPath);
  const seeded = { ...found, seed: flags.seed ?? found.seed };
  const recipe = flags.epochs && isNetwork(seeded) ? shorten(seeded, flags.epochs) : seeded;
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const summary = await train(withPreparation(recipe, flags), {
    data: flags.data,
    load: toLoadOptions(flags),
    out: flags.out,
    resume: flags.resume ?? false,
    resources: { numThreads: flags.threads, device: flags.device },
    signal: interrupt.signal,
    ...(flags.heldOutRun !== undefined && { heldOutRun: flags.heldOutRun }),
    ...(flags.license !== undefined && { license: await readLicense(flags.license) }),
  });
  process.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : describe(summary));
}

/** The stages up to a number of epochs. */
function shorten<R extends Recipe & { stages: { epochs: number; windowLength: number }[] }>(
  recipe: R,
  numEpochs: number,
): R {
  if (numEpochs < 1) throw new InputError(`--epochs: expected at least 1, got ${numEpochs}`);
  let left = numEpochs;
  const stages = recipe.stages.flatMap((stage) => {
    const epochs = Math.min(stage.epochs, left);
    left -= epochs;
    return epochs > 0 ? [{ ...stage, epochs }] : [];
  });
  return { ...recipe, stages };
}

/** Flags of preparation take the place of the recipe's, and are recorded with it. */
function withPreparation<R extends Recipe>(recipe: R, flags: LoadOptions): R {
  const { minRating, minUserInteractions, minItemInteractions } = flags;
  const preparation = {
    minRating: minRating ?? recipe.preparation.minRating,
    minUserInteractions: minUserInteractions ?? recipe.preparation.minUserInteractions,
    minItemInteractions: minItemInteractions ?? recipe.preparation.minItemInteractions,
  };
  return { ...recipe, preparation };
}

async function readLicense(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(`--license ${path}: cannot be read`, { cause: error });
  });
}

function describe({ name, bundle, users, items, interactions, training }: TrainSummary): string {
  const { validation } = (training ?? {}) as {
    validation?: { epoch: number; value: number } | null;
  };
  const best = validation
    ? `best on validation: ${validation.value.toFixed(4)} in epoch ${validation.epoch}\n`
    : "";
  return (
    `${name}: trained on ${interactions} interactions of ${users} users with ${items} items\n` +
    `${best}model: ${bundle}\n`
  );
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function parseCount(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError(`expected a whole number, got "${text}"`);
}
