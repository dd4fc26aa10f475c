/**
 * A reproduction as one page that needs nothing else: the table, how training went, for whom the
 * model is good, and ten users to look at. Heavy: import this file only where a report is written.
 */
import type { EChartsOption } from "echarts";
import { renderCurves } from "../training/report.ts";
import { escapeHtml, renderFields, renderFigure, renderPage } from "../training/report-parts.ts";
import type { Example } from "./examples.ts";
import {
  describeDifferences,
  describeMissing,
  describePart,
  describeProtocols,
  describeQuick,
  toTable,
} from "./format-table.ts";
import type { ReproducedPart, ReproductionResult } from "./reproduce.ts";
import type { Group } from "./summarize-cases.ts";

/** @returns an HTML document. */
export function renderReproduction(result: ReproductionResult): string {
  const { name, description, parts } = result;
  return renderPage(
    `${name}: reproduction`,
    `<h1>${escapeHtml(name)}</h1>
<p>${escapeHtml(description)}</p>
${[...describeQuick(result), ...describeMissing(result)].map(paragraph).join("\n")}
${renderTable(result)}
${[...describeDifferences(result), ...describeProtocols(result)].map(paragraph).join("\n")}
${parts.map((part) => renderPart(part, result.source)).join("\n")}`,
  );
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

function renderTable(result: ReproductionResult): string {
  const { rows, sources } = toTable(result);
  const [head, ...body] = rows.map((row, index) => {
    const tag = index === 0 ? "th" : "td";
    return `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  });
  const notes = sources.map((text, index) => paragraph(`[${index + 1}] ${text}`));
  return `<div class="scroll"><table>${[head, ...body].join("\n")}</table></div>\n${notes.join("\n")}`;
}

function renderPart(part: ReproducedPart, source: ReproductionResult["source"]): string {
  const { recipe, models, measurements, log, examples } = part;
  const charts = measurements.flatMap(({ title, genre, historyLength }) => [
    ...renderBars(`${title}: nDCG@10 by length of history`, historyLength),
    ...renderBars(`${title}: nDCG@10 by genre of the target`, genre),
  ]);
  return `<h2>${escapeHtml(recipe)}</h2>
${paragraph(describePart(part, source))}
<div class="charts">
${charts.join("\n")}
</div>
${log.length > 0 ? `<h2>Training</h2>\n${renderCurves(log)}` : ""}
<h2>Examples</h2>
${examples.map(renderExample).join("\n")}
${renderFields("Models", models)}`;
}

/** A bar for each group, with its interval as a line; no figure of no groups. */
function renderBars(caption: string, groups: readonly Group[]): string[] {
  if (groups.length === 0) return [];
  // ECharts draws the first category at the bottom.
  const fromBelow = groups.toReversed();
  const option: EChartsOption = {
    animation: false,
    grid: { left: 150, right: 28, top: 8, bottom: 30 },
    xAxis: { type: "value", min: 0 },
    yAxis: {
      type: "category",
      data: fromBelow.map(({ name, numUsers }) => `${name} (${numUsers})`),
      axisLabel: { interval: 0, fontSize: 10 },
    },
    series: [
      {
        type: "bar",
        silent: true,
        color: "#2a6f97",
        data: fromBelow.map(({ estimate }) => estimate.value),
      },
      ...fromBelow.map(({ estimate }, index) => ({
        type: "line" as const,
        silent: true,
        symbol: "none",
        color: "#222",
        lineStyle: { width: 1 },
        data: [
          [estimate.low, index],
          [estimate.high, index],
        ],
      })),
    ],
  };
  return [renderFigure(caption, option)];
}

function renderExample(example: Example): string {
  const { userId, history, historyLength, recommended, wanted, numWanted } = example;
  const films = recommended.map(({ film, isHit }) =>
    isHit ? `<b>${escapeHtml(film)}</b>` : escapeHtml(film),
  );
  const rows = [
    [`watched, the last of ${historyLength}`, history.map(escapeHtml).join(", ")],
    ["recommended (hits are bold)", films.join(", ")],
    [`then watched, of ${numWanted}`, wanted.map(escapeHtml).join(", ")],
  ].map(([name, text]) => `<tr><th>${name}</th><td>${text}</td></tr>`);
  return `<h3>user ${escapeHtml(userId)}</h3>\n<table>${rows.join("\n")}</table>`;
}
