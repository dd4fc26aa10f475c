/**
 * `usher reproduce NAME`: the rows of a published table, ours measured anew from the weights.
 */
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Command } from "commander";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { describeWriteFailure, writeFileAtomic } from "../common/files.ts";
import type { ModelSource } from "../reproductions/open-part.ts";
import type { ReproductionResult } from "../reproductions/reproduce.ts";
import { partName, type Reproduction } from "../reproductions/reproduction.ts";
import { findLedger } from "./find-ledger.ts";
import { addExamples, collect, wholeNumber } from "./flags.ts";

interface Flags {
  readonly data: string;
  readonly model?: readonly string[];
  readonly part?: readonly string[];
  readonly fromScratch?: boolean;
  readonly quick?: boolean;
  readonly out: string;
  readonly resume?: boolean;
  readonly threads: number;
  readonly report?: string;
  readonly results?: string;
  readonly ledger?: string;
  readonly json?: boolean;
}

const names = `
Names: bert4rec-ml1m, bert4rec-half-history, bert4rec-uniform100, sasrec-ml1m, sasrec-amazon,
by-time, informative-encoder.`;

/** Adds `reproduce` to the program. */
export function registerReproduce(program: Command): void {
  const command = program
    .command("reproduce")
    .description(
      "Measure the model of a published table again, from its weights, and print it beside what others reached.",
    )
    .argument("<name>", "what to reproduce")
    .option("--data <folder>", "where the data sets lie", "../shared/data")
    .option(
      "--model <dir>",
      "measure this run or bundle instead of the checkpoint; repeat it for the mean of seeds",
      collect,
    )
    .option("--part <name>", "only this row of the table; repeat it for several", collect)
    .option("--from-scratch", "train the model first")
    .option("--quick", "train a small version, in less than two minutes, to see that it runs")
    .option("--out <folder>", "where --from-scratch writes its runs", "out/reproduce")
    .option("--resume", "go on with a --from-scratch that was interrupted")
    .option("--threads <n>", "0 takes one for each core", wholeNumber(0), 0)
    .option("--report <file>", "write an HTML page with the table, curves, plots and examples")
    .option(
      "--results <file>",
      "write the table into a Markdown page, between its marks; rows measured before stay",
    )
    .option(
      "--ledger <file>",
      "note the looks at test rows there (default: docs/test-ledger.jsonl, if there is one)",
    )
    .option("--json", "print one JSON object")
    .addHelpText("after", names)
    .action(reproduceCommand);
  addExamples(
    command,
    "reproduce bert4rec-ml1m",
    "reproduce bert4rec-half-history --from-scratch --report out/half.html",
    "reproduce bert4rec-uniform100 --model out/ml1m-1 --model out/ml1m-2 --model out/ml1m-3",
    "reproduce sasrec-ml1m --quick --json",
  );
}

async function reproduceCommand(name: string, flags: Flags): Promise<void> {
  // Training code, DuckDB and the plotting library are only loaded when they are needed.
  const { findReproduction } = await import("../reproductions/catalog.ts");
  const reproduction = findReproduction(name);
  requireParts(reproduction, flags.part);
  const source = toSource(flags);
  const ledger = source.kind === "quick" ? undefined : (flags.ledger ?? findLedger());
  await checkPages(flags, reproduction);
  const { reproduce } = await import("../reproductions/reproduce.ts");
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const result = await reproduce(reproduction, {
    data: flags.data,
    source,
    resources: { numThreads: flags.threads, device: "cpu" },
    signal: interrupt.signal,
    ledger,
    only: flags.part,
  });
  await requireSomething(result, source);
  await writeFiles(reproduction, result, flags, ledger);
  const { formatResult } = await import("../reproductions/format-table.ts");
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : `${formatResult(result)}\n`);
}

/** @throws InputError for a part that the reproduction does not have. */
function requireParts({ parts }: Reproduction, names: readonly string[] = []): void {
  const known = parts.map(partName);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InputError(`--part ${unknown}: expected one of ${known.join(", ")}`);
}

/** @throws InputError for flags that contradict each other. */
function toSource({ model, fromScratch, quick, out, resume, results, ledger }: Flags): ModelSource {
  const modes = [model && "--model", fromScratch && "--from-scratch", quick && "--quick"].filter(
    (flag) => flag !== undefined && flag !== false,
  );
  if (modes.length > 1) throw new InputError(`${modes.join(" and ")}: give one of them`);
  if (resume && !fromScratch) throw new InputError("--resume: goes with --from-scratch");
  if (quick && results !== undefined) {
    throw new InputError("--results: numbers of --quick are no results; leave one of both out");
  }
  if (quick && ledger !== undefined) {
    throw new InputError("--ledger: --quick looks at no test rows; leave one of both out");
  }
  if (fromScratch) return { kind: "from-scratch", out, resume: resume ?? false };
  if (quick) return { kind: "quick" };
  return model ? { kind: "models", folders: model } : { kind: "checkpoint" };
}

/** Nothing to print is a fault: of the copy of Usher, or of the models that were named. */
async function requireSomething(result: ReproductionResult, source: ModelSource): Promise<void> {
  if (result.parts.length > 0) return;
  if (source.kind === "models") {
    const recipes = result.missing.map(partName).join(", ");
    throw new InputError(
      `--model ${source.folders.join(", ")}: expected a model of the recipe ${recipes}`,
    );
  }
  if (source.kind === "quick") {
    throw new InputError("--quick: trains the first row of each recipe; leave --part out");
  }
  const { describeMissing } = await import("../reproductions/format-table.ts");
  throw new InputError(describeMissing(result).join("\n"));
}

const LEDGER_SECTION = "test-ledger";

/** Before hours are spent on what then has no place. */
async function checkPages({ report, results }: Flags, { name }: Reproduction): Promise<void> {
  if (report !== undefined) await prepareFolder(report);
  if (results === undefined) return;
  const { requireSections } = await import("../reproductions/results-page.ts");
  await requireSections(results, [name, LEDGER_SECTION]);
  const { readStoredResults, storedResultsPath } = await import(
    "../reproductions/stored-results.ts"
  );
  const stored = storedResultsPath(results, name);
  await readStoredResults(stored);
  await prepareFolder(stored);
}

/** Makes the folder that a file is to be written into. */
async function prepareFolder(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
    throw new EnvironmentError(describeWriteFailure(file, error), { cause: error });
  });
}

async function writeFiles(
  reproduction: Reproduction,
  result: ReproductionResult,
  { report, results }: Flags,
  ledger: string | undefined,
): Promise<void> {
  if (report !== undefined) {
    const { renderReproduction } = await import("../reproductions/render-report.ts");
    await writeFileAtomic(report, renderReproduction(result));
  }
  if (results !== undefined) {
    const { rewriteSections } = await import("../reproductions/results-page.ts");
    const { formatMarkdown } = await import("../reproductions/format-table.ts");
    const stored = await import("../reproductions/stored-results.ts");
    const path = stored.storedResultsPath(results, result.name);
    const merged = stored.mergeResults(reproduction, await stored.readStoredResults(path), result);
    await stored.writeStoredResults(path, merged.parts);
    await rewriteSections(results, {
      [result.name]: formatMarkdown(merged),
      [LEDGER_SECTION]: await describeLedger(ledger),
    });
  }
}

async function describeLedger(ledger: string | undefined): Promise<string> {
  if (ledger === undefined) return "No ledger was kept of looks at test rows.";
  const lines = (await readFile(ledger, "utf8")).split("\n").filter(Boolean);
  return `\`docs/test-ledger.jsonl\` lists every look at test rows since it was begun: ${lines.length} of them.`;
}
