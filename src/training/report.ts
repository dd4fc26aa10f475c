/**
 * `report.html`: how a training went, on one page that needs nothing else. The curves are drawn to
 * SVG. Heavy: import this file only where a report is written.
 */
import type * as ECharts from "echarts";
import { formatBytes } from "../common/memory.ts";
import {
  escapeHtml,
  formatNumber,
  renderFields,
  renderFigure,
  renderPage,
} from "./report-parts.ts";
import type { LogLine, WrittenLine } from "./training-log.ts";

/** What was trained, on what, where. All but the title is shown as it is, field by field. */
export interface ReportRecord {
  readonly title: string;
  readonly recipe: unknown;
  readonly data: unknown;
  readonly environment: unknown;
}

/** @returns an HTML document. */
export function renderReport(lines: readonly WrittenLine[], record: ReportRecord): string {
  const best = lines.at(-1)?.best?.epoch ?? null;
  return renderPage(
    `${record.title}: training`,
    `<h1>${escapeHtml(record.title)}</h1>
<p>${escapeHtml(summarize(lines))}</p>
${renderCurves(lines)}
<h2>Epochs</h2>
${renderEpochs(lines, best)}
${renderFields("Recipe", record.recipe)}
${renderFields("Data", record.data)}
${renderFields("Environment", record.environment)}`,
  );
}

/** A curve for each number of a log, side by side. */
export function renderCurves(lines: readonly WrittenLine[]): string {
  const best = lines.at(-1)?.best?.epoch ?? null;
  return `<div class="charts">\n${curvesOf(lines, best).map(renderCurve).join("\n")}\n</div>`;
}

function summarize(lines: readonly WrittenLine[]): string {
  const last = lines.at(-1);
  if (last === undefined) return "No epoch has ended yet.";
  const { epoch, step, best, seconds } = last;
  const peak = Math.max(...lines.map(({ peakMemoryBytes }) => peakMemoryBytes));
  const chosen = best ? `, the best of them ${best.epoch} (${formatNumber(best.value)})` : "";
  return `${epoch} epochs${chosen}; ${step} updates in ${formatDuration(seconds)}; at most ${formatBytes(peak)} of memory.`;
}

/** One value for each epoch that has one. */
interface Curve {
  readonly title: string;
  readonly points: readonly (readonly [epoch: number, value: number])[];
  /** The epoch to point out. */
  readonly marked?: number | null;
}

function curvesOf(lines: readonly WrittenLine[], best: number | null): Curve[] {
  const curve = (title: string, valueAt: (line: WrittenLine) => number | undefined): Curve => ({
    title,
    points: lines.flatMap((line) => {
      const value = valueAt(line);
      return value === undefined ? [] : [[line.epoch, value] as const];
    }),
  });
  return [
    curve("training loss", ({ loss }) => loss),
    ...metricNames(lines).map((name) => ({
      ...curve(`validation ${name}`, ({ validation }) => validation?.[name]),
      marked: best,
    })),
    curve("learning rate", ({ learningRate }) => learningRate),
    curve("tokens per second", ({ tokensPerSecond }) => tokensPerSecond),
    curve("peak memory, MiB", ({ peakMemoryBytes }) => peakMemoryBytes / 2 ** 20),
  ];
}

function metricNames(lines: readonly LogLine[]): string[] {
  return [...new Set(lines.flatMap(({ validation }) => Object.keys(validation ?? {})))];
}

function renderCurve({ title, points, marked }: Curve): string {
  const point = points.find(([epoch]) => epoch === marked);
  const option: ECharts.EChartsOption = {
    animation: false,
    grid: { left: 62, right: 28, top: 28, bottom: 46 },
    xAxis: {
      type: "value",
      name: "epoch",
      nameLocation: "middle",
      nameGap: 26,
      minInterval: 1,
      scale: true,
    },
    yAxis: { type: "value", scale: true },
    series: [
      {
        type: "line",
        silent: true,
        emphasis: { disabled: true },
        data: points.map(([epoch, value]) => [epoch, value]),
        symbol: "circle",
        symbolSize: points.length > 60 ? 0 : 5,
        lineStyle: { width: 2 },
        color: "#2a6f97",
        ...(point && { markPoint: markPoint(point) }),
      },
    ],
  };
  return renderFigure(title, option);
}

function markPoint([epoch, value]: readonly [number, number]): ECharts.MarkPointComponentOption {
  return {
    symbol: "circle",
    symbolSize: 11,
    itemStyle: { color: "#d1495b" },
    label: { position: "top", color: "#d1495b", formatter: "{b}" },
    data: [{ name: `epoch ${epoch}: ${formatNumber(value)}`, coord: [epoch, value] }],
  };
}

function renderEpochs(lines: readonly WrittenLine[], best: number | null): string {
  const names = metricNames(lines);
  const head = [
    "epoch",
    "updates",
    "loss",
    ...names,
    "learning rate",
    "tokens",
    "tokens/s",
    "time",
  ];
  const rows = lines.map((line) => {
    const metrics = names.map((name) => formatNumber(line.validation?.[name]));
    const cells = [
      line.epoch,
      line.step,
      line.loss.toFixed(4),
      ...metrics,
      formatNumber(line.learningRate),
      line.numTokens,
      Math.round(line.tokensPerSecond),
      formatDuration(line.seconds),
    ];
    const mark = line.epoch === best ? ' class="best"' : "";
    return `<tr${mark}>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const columns = head.map((name) => `<th>${escapeHtml(name)}</th>`).join("");
  return `<div class="scroll"><table class="numbers"><tr>${columns}</tr>\n${rows.join("\n")}</table></div>`;
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
