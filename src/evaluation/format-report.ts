/**
 * Reports as text for people: a table with one line a metric and one column a cut-off.
 */
import type { Estimate } from "./bootstrap.ts";
import type { Comparison } from "./compare.ts";
import type { EvaluationReport, Slice } from "./evaluate.ts";
import type { NextFilmsReport } from "./evaluate-next-films.ts";
import type { SecondHalvesReport } from "./evaluate-second-halves.ts";

const LABELS: Readonly<Record<string, string>> = {
  hitRate: "hit rate",
  recall: "recall",
  precision: "precision",
  ndcg: "nDCG",
  mrr: "MRR",
  map: "MAP",
  coverage: "coverage",
  meanPopularity: "mean popularity",
  genrePrecision: "genre precision",
  genreNdcg: "genre nDCG",
  intraListDistance: "intra-list distance",
};

/** The whole report, protocol first. */
export function formatReport(report: EvaluationReport): string {
  const { ks, slices } = report;
  const k = ks.includes(10) ? 10 : ks[ks.length - 1];
  const order = report.historyOrder === "shuffled" ? ", HISTORIES SHUFFLED" : "";
  return [
    `${report.model}${order}: ${report.numUsers} users, ${report.numTargets} targets`,
    `protocol: ${report.description}`,
    ...formatRemarks(report),
    "",
    formatTable(report.metrics, ks),
    "",
    `95 % intervals from ${report.numResamples} resamples of the users, seed ${report.seed}`,
    "",
    formatSlices("history length", slices.historyLength, k),
    "",
    formatSlices("target popularity", slices.targetPopularity, k),
    ...(slices.tie ? ["", formatSlices("second of the item before", slices.tie, k)] : []),
    ...(slices.userRange ? ["", formatSlices("users", slices.userRange, k)] : []),
  ].join("\n");
}

/** What lists for several films at once reached. */
export function formatLists(report: NextFilmsReport | SecondHalvesReport): string {
  const ks = [...new Set(Object.keys(report.metrics).map((key) => Number(key.split("@")[1])))];
  const windows = "numWindows" in report ? `, ${report.numWindows} windows` : "";
  return [
    `${report.model}: ${report.numUsers} users${windows}`,
    `protocol: ${report.description}`,
    "",
    formatTable(report.metrics, ks),
    "",
    `95 % intervals from ${report.numResamples} resamples of the users, seed ${report.seed}`,
  ].join("\n");
}

/** The differences of two models. */
export function formatComparison(comparison: Comparison): string {
  const { a, b, differences } = comparison;
  const ks = Object.keys(differences).map((key) => Number(key.split("@")[1]));
  return [
    `${a} minus ${b}: ${comparison.numUsers} users`,
    `protocol: ${comparison.description}`,
    "",
    formatTable(differences, [...new Set(ks)]),
  ].join("\n");
}

function formatRemarks(report: EvaluationReport): string[] {
  const shareOf = (count: number): string =>
    `targets (${((100 * count) / report.numTargets).toFixed(1)} %)`;
  const { unknownTargets, targetsWithoutHistory } = report;
  const remarks: [number | null, string][] = [
    [unknownTargets, `${shareOf(unknownTargets)} unknown to the model, counted as misses`],
    [targetsWithoutHistory, `${shareOf(targetsWithoutHistory)} with an empty history`],
    [report.unknownHistoryItems, "items of histories unknown to the model, not shown to it"],
    [report.targetsWithoutGenres, "targets without genres, left out of the genre measures"],
    [report.targetsShortOfNegatives, "targets with fewer than 100 negatives to be had"],
  ];
  return remarks.filter(([count]) => count).map(([count, what]) => `${count} ${what}`);
}

function formatTable(metrics: Readonly<Record<string, Estimate>>, ks: readonly number[]): string {
  const names = Object.keys(LABELS).filter((name) => `${name}@${ks[0]}` in metrics);
  const rows = names.map((name) => [
    LABELS[name],
    ...ks.map((k) => formatEstimate(metrics[`${name}@${k}`], name === "meanPopularity" ? 1 : 4)),
  ]);
  return alignColumns([["", ...ks.map((k) => `@${k}`)], ...rows]);
}

function formatSlices(what: string, slices: readonly Slice[], k: number): string {
  const rows = slices.map(({ name, numUsers, metrics }) => [
    name,
    String(numUsers),
    formatEstimate(metrics[`hitRate@${k}`]),
    formatEstimate(metrics[`ndcg@${k}`]),
  ]);
  return alignColumns([[what, "users", `hit rate@${k}`, `nDCG@${k}`], ...rows]);
}

/** "nDCG@10" of "ndcg@10". */
export function metricLabel(metric: string): string {
  const [name, k] = metric.split("@");
  return `${LABELS[name] ?? name}@${k}`;
}

/** "0.1743 [0.1671, 0.1815]". */
export function formatEstimate({ value, low, high }: Estimate, digits = 4): string {
  return `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}

/** The first column to the left, the others to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  const lines = rows.map((row) =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join("  "),
  );
  return lines.join("\n");
}
