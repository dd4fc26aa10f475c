/**
 * `report.html`: how a training went, on one page that needs nothing else. The curves are drawn to
 * SVG here, by Apache ECharts. It is heavy: import this file only where a report is written.
 */
import { createRequire } from "node:module";
import type * as ECharts from "echarts";
import { formatBytes } from "../common/memory.ts";
import type { LogLine, WrittenLine } from "./training-log.ts";

// Its CommonJS form is one file, its ES modules are hundreds, which take longer to load.
const { init } = createRequire(import.meta.url)("echarts") as typeof ECharts;

/** What was trained, on what, where. All but the title is shown as it is, field by field. */
export interface ReportRecord {
  readonly title: string;
  readonly recipe: unknown;
  readonly data: unknown;
  readonly environment: unknown;
}

/** @returns an HTML document. */
export function renderReport(lines: readonly WrittenLine[], record: ReportRecord): string {
  const title = escapeHtml(record.title);
  const best = lines.at(-1)?.best?.epoch ?? null;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: training</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<p>${escapeHtml(summarize(lines))}</p>
<div class="charts">
${curvesOf(lines, best).map(renderCurve).join("\n")}
</div>
<h2>Epochs</h2>
${renderEpochs(lines, best)}
${renderFields("Recipe", record.recipe)}
${renderFields("Data", record.data)}
${renderFields("Environment", record.environment)}
</body>
</html>
`;
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1100px; margin: 2em auto; padding: 0 1em; }
h1, h2 { font-weight: 600; }
h2 { margin-top: 2em; font-size: 1.2em; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 1em 2em; }
figure { margin: 0; }
figcaption { font-weight: 600; }
svg { width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .15em 1em .15em 0; border-bottom: 1px solid #e3e3e3; vertical-align: top; }
.numbers th, .numbers td { text-align: right; white-space: nowrap; }
tr.best { background: #fdf0d5; }
`;

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

const CHART = { width: 520, height: 260 };

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
  const caption = escapeHtml(title);
  return `<figure><figcaption>${caption}</figcaption>${drawSvg(option)}</figure>`;
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

function drawSvg(option: ECharts.EChartsOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, ...CHART });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
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

function renderFields(title: string, value: unknown): string {
  const rows = fieldsOf(value, "").map(
    ([name, text]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(text)}</td></tr>`,
  );
  return `<h2>${title}</h2>\n<div class="scroll"><table>${rows.join("\n")}</table></div>`;
}

/** The leaves of a JSON value with their paths: `["model.numHeads", "4"]`. */
function fieldsOf(value: unknown, path: string): [name: string, text: string][] {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, child]) =>
    fieldsOf(child, path === "" ? key : `${path}.${key}`),
  );
}

function formatNumber(value: number | undefined): string {
  return value === undefined ? "" : String(Number(value.toPrecision(4)));
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
