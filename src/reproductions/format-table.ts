/**
 * A reproduction as one table, for a terminal, a page of results and an HTML report.
 */
import { alignColumns, formatEstimate, metricLabel } from "../evaluation/format-report.ts";
import { findCheckpoint } from "./find-checkpoint.ts";
import type { ReproducedPart, ReproductionResult } from "./reproduce.ts";
import type { ReproducedMeasurement } from "./reproduce-measurement.ts";
import { type Published, partName } from "./reproduction.ts";

/** Rows of cells, the head first, with what their numbers in brackets refer to. */
export interface ResultTable {
  readonly rows: readonly (readonly string[])[];
  readonly sources: readonly string[];
}

/** What a table shows of a part. */
export interface TablePart extends Pick<ReproducedPart, "recipe" | "data" | "models"> {
  readonly measurements: readonly Omit<ReproducedMeasurement, "historyLength" | "genre">[];
}

/** What a table shows of a result. */
export interface TableResult extends Omit<ReproductionResult, "parts"> {
  readonly parts: readonly TablePart[];
}

type TableInput = Pick<TableResult, "parts" | "source">;

/**
 * One line for each metric of each protocol: ours, the baselines, and what others published, which
 * has no place beside numbers of `--quick`.
 */
export function toTable({ parts, source }: TableInput): ResultTable {
  const sources: string[] = [];
  const cite = ({ source, protocol }: Published): string => {
    const text = `${source}: ${protocol}`;
    if (!sources.includes(text)) sources.push(text);
    return `[${sources.indexOf(text) + 1}]`;
  };
  const figures = (published: readonly Published[], role: string, metric: string): string =>
    published
      .filter((figure) => figure.role === role && metric in figure.metrics)
      .map((figure) => `${figure.metrics[metric].toFixed(4)} ${cite(figure)}`)
      .join(", ") || "none known";
  const all = parts.flatMap(({ measurements }) => measurements.flatMap(({ metrics }) => metrics));
  const baselines = [...new Set(all.flatMap((row) => Object.keys(row.baselines)))];
  const isCompared = parts.some(({ measurements }) => measurements.some((one) => one.against));
  const head = [
    "protocol",
    "metric",
    "ours [95 %]",
    ...(isCompared ? ["less the line beside it [95 %]"] : []),
    ...baselines,
    ...(source === "quick" ? [] : ["the reference's own", "best published"]),
  ];
  const rows = parts.flatMap(({ measurements }) =>
    measurements.flatMap(({ title, metrics, published, against }) =>
      metrics.map((row) => [
        title,
        metricLabel(row.metric),
        formatEstimate(row.ours),
        ...(isCompared ? [against ? formatEstimate(against.differences[row.metric]) : ""] : []),
        ...baselines.map((name) => row.baselines[name]?.value.toFixed(4) ?? ""),
        ...(source === "quick"
          ? []
          : [figures(published, "reference", row.metric), figures(published, "best", row.metric)]),
      ]),
    ),
  );
  return { rows: [head, ...rows], sources };
}

/** For a terminal. */
export function formatResult(result: ReproductionResult): string {
  const { rows, sources } = toTable(result);
  return [
    `${result.name}: ${result.description}`,
    ...describeQuick(result),
    ...result.parts.map((part) => describePart(part, result.source)),
    ...describeMissing(result),
    "",
    ...(result.parts.length > 0 ? [alignColumns(rows)] : []),
    ...sources.map((text, index) => `[${index + 1}] ${text}`),
    ...describeDifferences(result),
    "",
    ...describeProtocols(result),
  ].join("\n");
}

/** For `docs/results.md`. */
export function formatMarkdown(result: TableResult): string {
  const { rows, sources } = toTable(result);
  const [head, ...body] = rows.map((row) => `| ${row.join(" | ")} |`);
  const rule = `|${" --- |".repeat(rows[0].length)}`;
  return [
    `${result.description}: \`usher reproduce ${result.name}\`.`,
    "",
    ...result.parts.map((part) => `- ${describePart(part, result.source)}${describeWeights(part)}`),
    ...describeMissing(result).map((line) => `- ${line}`),
    "",
    head,
    rule,
    ...body,
    ...paragraph(sources.map((text, index) => `[${index + 1}] ${text}  `)),
    ...paragraph(describeDifferences(result).map((line) => `- ${line}`)),
  ].join("\n");
}

/** Lines after an empty one, where there are any. */
function paragraph(lines: readonly string[]): readonly string[] {
  return lines.length > 0 ? ["", ...lines] : [];
}

/** How far ours is from the baselines, paired: the first metric of each measurement that has some. */
export function describeDifferences({ parts }: Pick<TableResult, "parts">): string[] {
  return parts.flatMap(({ measurements }) =>
    measurements.flatMap(({ title, metrics: [first] }) => {
      const { random: _, ...others } = first?.differences ?? {};
      const less = Object.entries(others).map(([name, of]) => `${name} ${formatEstimate(of)}`);
      return less.length > 0
        ? [`${title}, ${metricLabel(first.metric)} less ${less.join(", ")}`]
        : [];
    }),
  );
}

/** What numbers of `--quick` are, and are not; nothing for others. */
export function describeQuick({ source }: Pick<ReproductionResult, "source">): string[] {
  if (source !== "quick") return [];
  return [
    "QUICK: a small model on some of the users, measured on rows from before the test; it shows that " +
      "everything runs, and its numbers compare with no others",
  ];
}

/** Whose numbers these are. */
export function describePart(
  { recipe, data, models }: TablePart,
  source: ReproductionResult["source"],
): string {
  const [{ rows, commit, parameters, validation, stored }] = models;
  const seeds = models.map(({ seed }) => seed ?? "?").join(", ");
  const remark = source === "quick" ? "" : " (bars are means of three)";
  const what = models.length === 1 ? `one model, seed ${seeds}${remark}` : `mean of seeds ${seeds}`;
  const where = commit === null ? "" : `, trained at commit ${commit.slice(0, 10)}`;
  const size = parameters === null ? "" : `; ${count(parameters)} parameters`;
  const minutes = models.flatMap((model) => model.minutes ?? []);
  const time =
    minutes.length === 0
      ? ""
      : `; trained in ${minutes.map((value) => value.toFixed(1)).join(", ")} minutes`;
  const rounded =
    stored === null || validation === null
      ? ""
      : `; its weights in 8 bits reach ${stored.toFixed(4)} on validation rows, ${validation.toFixed(4)} before`;
  return (
    `${recipe}: ${what}${where}, on ${count(rows.interactions)} interactions of ${count(rows.users)} ` +
    `users of ${data.names.join(", ")} (${rows.split} split)${size}${time}${rounded}`
  );
}

/** Whether whoever reads a page has the weights of a row. */
function describeWeights({ recipe, models }: TablePart): string {
  if (!findCheckpoint(recipe)) return "; no checkpoint of it comes along, --from-scratch trains it";
  return models.length > 1 ? "; one of them comes along as a checkpoint" : "";
}

/** What was not measured, and what it would take. */
export function describeMissing({ name, missing, leftOut }: TableResult): string[] {
  const others = leftOut.length > 0 ? [`left out by --part: ${leftOut.join(", ")}`] : [];
  const untaken = missing.map((part) => {
    const command = `usher reproduce ${name} --part ${partName(part)}`;
    const how = findCheckpoint(partName(part))
      ? `not measured here; ${command} does so with its checkpoint`
      : `no checkpoint comes with this copy of Usher; ${command} --from-scratch trains it on ${part.data}, ` +
        `in about ${part.minutes} minutes on two cores`;
    return `${partName(part)}: ${how}`;
  });
  return [...untaken, ...others];
}

/** Each protocol in words. */
export function describeProtocols({ parts }: Pick<ReproductionResult, "parts">): string[] {
  const lines = parts.flatMap(({ measurements }) =>
    measurements.map(
      ({ title, description, numUsers }) => `${title}: ${count(numUsers)} users; ${description}`,
    ),
  );
  return [...lines, "intervals: 95 %, from 1,000 resamples of the users"];
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
