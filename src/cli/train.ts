/**
 * `usher train RECIPE`: trains a model on your data, into a folder.
 */
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { InputError } from "../common/errors.ts";
import type { LoadOptions } from "../data/dataset.ts";
import type { HeldOutYears } from "../data/held-out-films.ts";
import type { SplitRecord } from "../models/bundle-format.ts";
import type { ContinuedModel } from "../recipes/continue-model.ts";
import { type NetworkRecipe, type Recipe, validationMetric } from "../recipes/recipe.ts";
import type { TrainSummary } from "../recipes/train.ts";
import type { Device } from "../runtime/session.ts";
import { addDataOptions, minimumsOf, toLoadOptions } from "./data-options.ts";
import { findLedger } from "./find-ledger.ts";
import { addExamples, collect, wholeNumber } from "./flags.ts";

type TimeSplit = Extract<SplitRecord, { kind: "by-time" }>;

interface TrainFlags extends LoadOptions {
  readonly data: readonly string[];
  readonly out: string;
  readonly seed?: number;
  readonly epochs?: number;
  readonly timeSplit?: TimeSplit;
  readonly continue?: string;
  readonly teacher?: readonly string[];
  readonly resume?: boolean;
  readonly threads: number;
  readonly device: Device;
  readonly heldOutRun?: string;
  readonly heldOutYears?: HeldOutYears;
  readonly features?: string;
  readonly license?: string;
  readonly json?: boolean;
}

const recipes = `
Recipes that ship: bert4rec-ml1m, bert4rec (small, for data of your own), bert4rec-large (for
catalogs of hundreds of thousands of items), sasrec-ml1m (the most accurate), sasrec-student (the
same, taught by one of those), sasrec-films (the model that ships, for films of several data sets),
bert4rec-films (for them as well: it continues more series, and is less accurate), sasrec-content
and sasrec-content-small (items lean on genres and years), sasrec-amazon (for short histories), sasrec,
gsasrec, gru4rec, informative-encoder (the next five films), popularity, recent-popularity,
item-knn, markov, ease. Any other word is the path of a recipe file.`;

/** Adds `train` to the program. */
export function registerTrain(program: Command): void {
  const command = program
    .command("train")
    .description("train a model on a data set, into a folder")
    .argument("[recipe]", "the name of a recipe that ships, or a JSON file")
    .requiredOption("--data <path>", "a data set; several are joined over one catalog", collect)
    .requiredOption("--out <folder>", "where to write, new or empty unless --resume")
    .option("--seed <n>", "instead of the recipe's", wholeNumber(0))
    .option("--epochs <n>", "train no longer than this", wholeNumber(1))
    .option(
      "--continue <folder>",
      "go on from this model, by its recipe, with the data's interactions",
    )
    .option(
      "--time-split <cuts>",
      "hold out what came after two moments, validation and test: shares of all interactions, e.g. 0.8,0.9",
      parseCuts,
    )
    .option(
      "--teacher <folder>",
      "a trained model to learn from as well, for a recipe with distillation; repeat it for several",
      collect,
    )
    .option("--resume", "go on from the checkpoint in --out")
    .option("--threads <n>", "0 takes one for each core", wholeNumber(0), 0)
    .addOption(new Option("--device <device>").choices(["cpu", "webgpu", "cuda"]).default("cpu"))
    .option("--held-out-run <folder>", "train on everything; report what this run reached")
    .option("--held-out-years <years>", "leave out films of these, as 2000 or 1998-2000", years)
    .option("--features <file>", "a features.json, for a recipe that reads sides or content")
    .option("--license <file>", "the terms of the model, kept in its bundle")
    .option("--json", "print one JSON object")
    .addHelpText("after", recipes);
  addDataOptions(command).action(trainCommand);
  addExamples(
    command,
    "train bert4rec-ml1m --data ml-1m-sasrec --out out/ml1m --seed 1",
    "train ease --data ml-1m --out out/ease",
    "train bert4rec --data plays.csv --user-column user --item-column film \\\n" +
      "      --time-column played_at --out out/mine",
    "train recent-popularity --data ml-1m --time-split 0.8,0.9 --out out/recent",
    "train sasrec-student --data ml-1m-sasrec --teacher out/sasrec --out out/student",
    "train bert4rec-ml1m --data ml-1m-sasrec --out out/ml1m --seed 1 --resume",
    "train --continue out/mine --data newer-plays.csv --epochs 2 --out out/newer",
  );
}

async function trainCommand(nameOrPath: string | undefined, flags: TrainFlags): Promise<void> {
  // Training code and DuckDB are only loaded by the commands that need them.
  const { train } = await import("../recipes/train.ts");
  const from = await readOrigin(nameOrPath, flags);
  const recipe = await readRecipe(from?.recipe ?? nameOrPath ?? "", flags);
  const license = flags.license === undefined ? undefined : await readLicense(flags.license);
  await remarkOnRuntime(recipe);
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const summary = await train(recipe, {
    data: flags.data,
    load: toLoadOptions(flags),
    out: flags.out,
    resume: flags.resume ?? false,
    resources: { numThreads: flags.threads, device: flags.device },
    signal: interrupt.signal,
    ledger: findLedger(),
    features: flags.features,
    teachers: flags.teacher,
    ...(flags.heldOutRun !== undefined && { heldOutRun: flags.heldOutRun }),
    ...(from && { continueFrom: from }),
    ...(license !== undefined && { license }),
  });
  process.stdout.write(flags.json ? `${JSON.stringify(summary)}\n` : describe(summary, recipe));
}

/** The model that `--continue` names. @throws InputError unless either it or a recipe is given. */
async function readOrigin(
  nameOrPath: string | undefined,
  flags: TrainFlags,
): Promise<ContinuedModel | null> {
  if ((nameOrPath === undefined) === (flags.continue === undefined)) {
    throw new InputError(
      nameOrPath === undefined
        ? "train: expected a recipe, e.g. usher train sasrec, or a model to --continue"
        : `--continue ${flags.continue}: goes on by the model's own recipe; leave out "${nameOrPath}"`,
    );
  }
  if (flags.continue === undefined) return null;
  if (flags.heldOutRun !== undefined) {
    throw new InputError("--continue: does not go with --held-out-run; leave one of them out");
  }
  if (flags.timeSplit !== undefined) {
    throw new InputError(
      "--continue: splits as the model's recipe does, or its test rows would be learnt; leave --time-split out",
    );
  }
  const { readContinuedModel } = await import("../recipes/continue-model.ts");
  return readContinuedModel(flags.continue);
}

/** The recipe as the flags change it: what is recorded with the model. */
async function readRecipe(source: Recipe | string, flags: TrainFlags): Promise<Recipe> {
  const { findRecipe } = await import("../recipes/find-recipe.ts");
  const { parseRecipe } = await import("../recipes/parse-recipe.ts");
  const { isNetwork } = await import("../recipes/recipe.ts");
  const found = typeof source === "string" ? await findRecipe(source) : source;
  const { seed = found.seed, timeSplit: split = found.split } = flags;
  // What a recipe is checked for is checked again.
  const changed = parseRecipe(
    JSON.stringify(withPreparation({ ...found, seed, split }, flags)),
    `recipe ${found.name}`,
  );
  if (isNetwork(changed)) return flags.epochs ? shorten(changed, flags.epochs) : changed;
  refuse("--epochs", flags.epochs, found.name);
  refuse("--device", flags.device === "cpu" ? undefined : flags.device, found.name);
  return changed;
}

/** Two shares, e.g. "0.8,0.9". */
function parseCuts(text: string): TimeSplit {
  const [validationCut, testCut, ...more] = text.split(",").map(Number);
  if (more.length === 0 && 0 < validationCut && validationCut < testCut && testCut < 1) {
    return { kind: "by-time", validationCut, testCut };
  }
  throw new InvalidArgumentError(
    "Expected two shares between 0 and 1, the smaller first, e.g. 0.8,0.9.",
  );
}

function refuse(flag: string, value: number | string | undefined, name: string): void {
  if (value === undefined) return;
  throw new InputError(
    `${flag} ${value}: ${name} is fitted at once on the CPU, not by epochs; leave it out`,
  );
}

/** The stages up to a number of epochs. */
function shorten(recipe: NetworkRecipe, numEpochs: number): NetworkRecipe {
  let left = numEpochs;
  const stages = recipe.stages.flatMap((stage) => {
    const epochs = Math.min(stage.epochs, left);
    left -= epochs;
    return epochs > 0 ? [{ ...stage, epochs }] : [];
  });
  return { ...recipe, stages } as NetworkRecipe;
}

/** Flags of preparation take the place of the recipe's, and are recorded with it. */
function withPreparation<R extends Recipe>(recipe: R, flags: TrainFlags): R {
  const { heldOutYears = recipe.preparation.heldOutYears } = flags;
  const minimums = minimumsOf(flags, recipe.preparation);
  const preparation = { ...recipe.preparation, ...minimums, heldOutYears };
  return { ...recipe, preparation };
}

function years(text: string): HeldOutYears {
  const [, from, to = from] = /^(\d{4})(?:-(\d{4}))?$/.exec(text) ?? [];
  if (from !== undefined && from <= to) return { from: Number(from), to: Number(to) };
  throw new InvalidArgumentError("Expected a year, or two with a dash between, e.g. 1998-2000.");
}

async function readLicense(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(`--license ${path}: cannot be read`, { cause: error });
  });
}

/** Says why a training will be slow; whoever chose WebAssembly by USHER_RUNTIME knows. */
async function remarkOnRuntime({ model }: Recipe): Promise<void> {
  // These count; nothing of theirs runs on ONNX Runtime.
  if (["popularity", "recent-popularity", "item-knn", "markov"].includes(model.kind)) return;
  const { installNative, loadRuntime } = await import("../runtime/load-runtime.ts");
  const { fallbackReason } = await loadRuntime();
  if (fallbackReason === null) return;
  process.stderr.write(
    `usher: training runs on WebAssembly, which is slower: ${fallbackReason}; try: ${installNative}\n`,
  );
}

function describe(summary: TrainSummary, recipe: Recipe): string {
  const { name, bundle, items, interactions, training } = summary;
  const { rows } = training;
  const share = rows.interactions < interactions ? ` of ${interactions}` : "";
  return (
    `${name}: trained on ${rows.interactions}${share} interactions of ${rows.users} users with ${items} items\n` +
    `${describeBest(summary, recipe)}model: ${bundle}\n`
  );
}

function describeBest({ training }: TrainSummary, recipe: Recipe): string {
  const { validation, stored } = (training ?? {}) as {
    validation?: { epoch: number; value: number } | null;
    stored?: { value: number } | null;
  };
  const metric = "validation" in recipe ? validationMetric(recipe) : null;
  if (!validation || metric === null) return "";
  const rounded = stored ? `; in 8 bits ${stored.value.toFixed(4)}` : "";
  return `best on validation: ${metric} ${validation.value.toFixed(4)} by full ranking, in epoch ${validation.epoch}${rounded}\n`;
}
