/**
 * `usher data inspect DIR`: what a data set holds, after the preparation that training would do.
 */
import type { Command } from "commander";
import type { Dataset, LoadOptions } from "../data/dataset.ts";
import { findKnownSet } from "../data/known-sets.ts";
import { describeInteractions, type Spread, type Statistics } from "../data/statistics.ts";
import { addDataOptions, toLoadOptions } from "./data-options.ts";

/** Adds `inspect` to the commands of `usher data`. */
export function registerDataInspect(command: Command): void {
  const inspect = command
    .command("inspect")
    .description("print counts, density, ratings, history lengths, times and licence of a data set")
    .argument("<data>", "a folder, an archive, or a file of your own with its columns named")
    .option("--json", "print one JSON object");
  addDataOptions(inspect).action(inspectCommand);
}

async function inspectCommand(
  path: string,
  flags: LoadOptions & { readonly json?: boolean },
): Promise<void> {
  // DuckDB is only loaded by the commands that read data.
  const { loadDataset } = await import("../data/load-dataset.ts");
  const report = inspectDataset(await loadDataset(path, toLoadOptions(flags)));
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : formatInspection(report));
}

/** What is printed. */
export interface Inspection extends Statistics {
  readonly name: string;
  readonly title: string | null;
  readonly fingerprint: string;
  /** How many items have a title. */
  readonly itemsWithTitle: number;
  readonly preparation: Dataset["preparation"];
  readonly counts: Dataset["counts"];
  readonly licence: string;
}

/** Everything `usher data inspect` says about a data set, as one object. */
export function inspectDataset(dataset: Dataset): Inspection {
  const { name, interactions, films, fingerprint, preparation, counts } = dataset;
  const set = findKnownSet(name);
  return {
    name,
    title: set?.title ?? null,
    ...describeInteractions(interactions),
    itemsWithTitle: interactions.itemIds.filter((id) => films.has(id)).length,
    fingerprint,
    preparation,
    counts,
    licence: set?.licence ?? "not known to Usher: look it up before you pass anything on",
  };
}

/** The same for people. */
export function formatInspection(report: Inspection): string {
  const { counts, preparation } = report;
  const lines: [label: string, text: string][] = [
    ["data", report.title === null ? report.name : `${report.name} (${report.title})`],
    ["format", `${preparation.format}, ordered by ${preparation.order}`],
    ["users", whole(report.users)],
    ["items", `${whole(report.items)}, ${whole(report.itemsWithTitle)} with a title`],
    ["interactions", whole(report.interactions)],
    ["density", percent(report.density)],
    ["ratings", formatRatings(report)],
    ["history lengths", formatSpread(report.historyLengths)],
    ["per item", formatSpread(report.itemCounts)],
    ["time", formatTime(report)],
    ["rows read", whole(counts.rowsRead)],
    ["duplicates", formatDuplicates(report)],
    ["left out", formatLeftOut(report)],
    ["fingerprint", report.fingerprint],
    ["licence", report.licence],
  ];
  return lines.map(([label, text]) => `${label.padEnd(16)} ${text}\n`).join("");
}

const whole = (value: number): string => value.toLocaleString("en-US");

const percent = (share: number): string =>
  `${(100 * share).toLocaleString("en-US", { maximumSignificantDigits: 3 })} %`;

/** One line for each rating, with a bar as long as its share of the most frequent one. */
function formatRatings({ ratings, interactions }: Inspection): string {
  if (ratings === null) return "none";
  if (ratings.length > 20) {
    const [lowest, highest] = [ratings[0].rating, ratings[ratings.length - 1].rating];
    return `${ratings.length} different ones, from ${lowest} to ${highest}`;
  }
  const most = ratings.reduce((max, { count }) => Math.max(max, count), 1);
  const rows = ratings.map(({ rating, count }) => {
    const bar = "#".repeat(Math.ceil((30 * count) / most));
    const share = percent(count / interactions).padStart(7);
    return `${String(rating).padStart(4)} ${whole(count).padStart(11)} ${share} ${bar}`;
  });
  return rows.join(`\n${" ".repeat(17)}`);
}

function formatSpread({ min, p25, median, p75, p90, p99, max, mean }: Spread): string {
  const quartiles = `min ${whole(min)}, 25 % ${whole(p25)}, median ${whole(median)}, 75 % ${whole(p75)}`;
  const tail = `90 % ${whole(p90)}, 99 % ${whole(p99)}, max ${whole(max)}, mean ${mean.toFixed(1)}`;
  return `${quartiles}, ${tail}`;
}

function formatTime({ timeSpan, timeTieShare, preparation }: Inspection): string {
  if (timeSpan === null || timeTieShare === null) return "none, only the order is known";
  const day = (seconds: number): string => {
    const date = new Date(seconds * 1000);
    return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(0, 10);
  };
  const ties = `${percent(timeTieShare)} of neighbours in a history have the same time`;
  const resolved = preparation.order === "time, then file order" ? " and stay in file order" : "";
  return `${day(timeSpan.first)} to ${day(timeSpan.last)}; ${ties}${resolved}`;
}

function formatDuplicates({ counts, preparation }: Inspection): string {
  if (preparation.duplicates !== "identical dropped, latest of conflicting kept") {
    return preparation.duplicates;
  }
  const { identicalDropped, conflictsResolved } = counts;
  return `${whole(identicalDropped)} identical rows dropped, ${whole(conflictsResolved)} older ones replaced`;
}

function formatLeftOut({ counts }: Inspection): string {
  const { belowMinRating, belowMinInteractions, usersRemoved, itemsRemoved } = counts;
  if (belowMinRating + belowMinInteractions === 0) return "nothing";
  return (
    `${whole(belowMinRating)} rows below the minimum rating, ${whole(belowMinInteractions)} of ` +
    `users and items with too few; ${whole(usersRemoved)} users, ${whole(itemsRemoved)} items`
  );
}
