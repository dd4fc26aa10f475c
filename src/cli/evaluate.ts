/**
 * `usher evaluate --model DIR --data DIR`: how good a model is on interactions it has not seen.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { InputError } from "../common/errors.ts";
import type { LoadOptions } from "../data/dataset.ts";
import type { HistoryOrder, Protocol } from "../evaluation/protocol.ts";
import type { UserRange } from "../evaluation/slices.ts";
import { addDataOptions, toLoadOptions } from "./data-options.ts";
import { addRerankFlags, type RerankFlags, toRerankOptions } from "./filter-flags.ts";
import { findLedger } from "./find-ledger.ts";
import { addExamples, collect, number, wholeNumber } from "./flags.ts";

interface Flags extends LoadOptions, RerankFlags {
  readonly model?: string;
  readonly data: readonly string[];
  readonly against?: string;
  readonly protocol: Protocol;
  readonly split: "validation" | "test";
  readonly k: readonly number[];
  readonly seed: number;
  readonly resamples: number;
  readonly excludeValidation?: boolean;
  readonly features?: string;
  readonly historyOrder: HistoryOrder;
  readonly userRange?: UserRange;
  readonly dump?: string;
  readonly heldOutFilms?: boolean;
  readonly secondHalves?: boolean;
  readonly boost?: number;
  readonly ledger?: string;
  readonly json?: boolean;
}

/** Adds `evaluate` to the program. */
export function registerEvaluate(program: Command): void {
  const command = program
    .command("evaluate")
    .description(
      "Measure a model on the interactions that its training held out, with 95 % intervals. The data " +
        "are prepared and split as for its training; what it has trained on is refused.",
    )
    .option("--model <dir>", "the folder of a model (default: the one that comes with Usher)")
    .requiredOption(
      "--data <path>",
      "a data set; repeat it where the model was trained on several",
      collect,
    )
    .addOption(
      new Option("--protocol <name>", "against what a target is ranked")
        .choices(["full", "uniform100", "popular100"])
        .default("full"),
    )
    .addOption(
      new Option("--split <name>", "which held-out interactions are the targets")
        .choices(["validation", "test"])
        .default("test"),
    )
    .option("--k <counts>", "where lists are cut", wholeNumbers, [1, 5, 10, 20])
    .option(
      "--seed <seed>",
      "draws the negatives, the resamples and the order of --history-order shuffled",
      wholeNumber(0),
      1,
    )
    .option("--resamples <count>", "of the users, for the intervals", wholeNumber(1000), 1000)
    .option("--exclude-validation", "leave validation items out of what the model is shown")
    .addOption(
      new Option(
        "--history-order <order>",
        "shuffled: how good the model is without the order of histories, by --seed",
      )
        .choices(["recorded", "shuffled"])
        .default("recorded"),
    )
    .option(
      "--user-range <range>",
      "numbers of their own for users with these ids, e.g. 1-2999, and for the others",
      parseRange,
    )
    .option("--against <dir>", "another model, to be measured beside; differences get intervals")
    .option(
      "--features <file>",
      "a features.json: what is known of users, or of held-out films, for a model that reads it",
    )
    .option("--dump <file>", "write what was ranked, as JSON lines")
    .option(
      "--held-out-films",
      "measure on the films that training left out by --held-out-years, added by their content",
    )
    .option(
      "--second-halves",
      "of a model of first halves: one list of ten for all of each second half",
    )
    .option("--boost <number>", "added to the scores of held-out films, as by catalog add", number)
    .option(
      "--ledger <file>",
      "note this look at test rows there, as a JSON line (default: docs/test-ledger.jsonl, if there is one)",
    )
    .option("--json", "print one JSON object");
  addRerankFlags(addDataOptions(command)).action(evaluateCommand);
  addExamples(
    command,
    "evaluate --model out/mine --data ml-1m-sasrec",
    "evaluate --model out/mine --data ml-1m-sasrec --protocol uniform100 --exclude-validation",
    "evaluate --model out/mine --data ml-1m-sasrec --split validation --history-order shuffled",
    "evaluate --model out/mine --against out/ease --data ml-1m-sasrec --k 10 --json",
    "evaluate --model out/until-1999 --data ml-1m --held-out-films --k 10",
    "evaluate --model out/halves --data ml-1m --second-halves --dump out/halves.jsonl",
  );
}

async function evaluateCommand(flags: Flags, command: Command): Promise<void> {
  if (flags.secondHalves) refuseFlags(command, "--second-halves", NOT_WITH_SECOND_HALVES);
  if (flags.heldOutFilms) return heldOutFilmsCommand(command, flags);
  if (flags.boost !== undefined) {
    throw new InputError(`--boost ${flags.boost}: is for --held-out-films; leave it out`);
  }
  // DuckDB is only loaded when data is read.
  const { evaluateModels } = await import("./evaluate-models.ts");
  const { formatComparison, formatLists, formatReport } = await import(
    "../evaluation/format-report.ts"
  );
  const { model, data, against, protocol, split, k, seed, resamples, dump } = flags;
  const { excludeValidation, historyOrder, userRange } = flags;
  const result = await evaluateModels({
    model,
    against,
    data,
    load: toLoadOptions(flags),
    rerank: toRerankOptions(flags),
    features: flags.features,
    secondHalves: flags.secondHalves,
    ledger: ledgerOf(flags),
    options: {
      protocol,
      rows: split,
      ks: k,
      seed,
      numResamples: resamples,
      excludeValidationFromHistory: excludeValidation ?? false,
      historyOrder,
      ...(userRange !== undefined && { userRange }),
      ...(dump !== undefined && { dumpPath: dump }),
    },
  });
  const { comparison, ...own } = result;
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(result)}\n`
      : `data: ${own.data.names.join(", ")}\n${"slices" in own ? formatReport(own) : formatLists(own)}\n` +
          (comparison ? `\n${formatComparison(comparison)}\n` : ""),
  );
}

/** Flags of the ordinary measurement that the others do not have. */
const OF_ORDINARY_RANKING = [
  "against",
  "protocol",
  "excludeValidation",
  "diversity",
  "tempering",
  "historyOrder",
  "userRange",
];
const NOT_WITH_SECOND_HALVES = [...OF_ORDINARY_RANKING, "k", "heldOutFilms"];

/** @throws InputError for a flag that was given and asks another question than `mode`. */
function refuseFlags(command: Command, mode: string, names: readonly string[]): void {
  const other = names.find((name) => command.getOptionValueSource(name) === "cli");
  if (other === undefined) return;
  const flag = command.options.find((option) => option.attributeName() === other)?.long;
  throw new InputError(`${flag}: does not go with ${mode}; leave one of them out`);
}

async function heldOutFilmsCommand(command: Command, flags: Flags): Promise<void> {
  refuseFlags(command, "--held-out-films", OF_ORDINARY_RANKING);
  const { evaluateHeldOutFilms } = await import("./evaluate-held-out.ts");
  const { formatHeldOutFilms } = await import("./format-held-out.ts");
  const { model, data, k, seed, resamples, split, dump } = flags;
  const reply = await evaluateHeldOutFilms({
    model,
    data,
    load: toLoadOptions(flags),
    features: flags.features,
    boost: flags.boost ?? 0,
    ks: k,
    seed,
    numResamples: resamples,
    rows: split,
    dumpPath: dump,
    // Held-out films are test rows, whichever rows tell how the others fare.
    ledger: flags.ledger ?? findLedger(),
  });
  process.stdout.write(
    flags.json ? `${JSON.stringify(reply)}\n` : `${formatHeldOutFilms(reply)}\n`,
  );
}

/** Looks at validation rows are free. */
function ledgerOf({ split, ledger }: Flags): string | undefined {
  if (split === "test") return ledger ?? findLedger();
  if (ledger === undefined) return undefined;
  throw new InputError(
    `--ledger ${ledger}: it lists looks at test rows, and --split is ${split}; leave it out`,
  );
}

function parseRange(text: string): UserRange {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (first !== undefined && Number(first) <= Number(last)) return [Number(first), Number(last)];
  throw new InvalidArgumentError("Expected two whole numbers, the smaller first, e.g. 1-2999.");
}

function wholeNumbers(text: string): readonly number[] {
  const values = text.split(",").map(Number);
  if (/^[\d, ]+$/.test(text) && values.every((value) => value >= 1)) return values;
  throw new InvalidArgumentError("Expected whole numbers with commas between, e.g. 1,5,10.");
}
