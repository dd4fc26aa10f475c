/**
 * What the pages of a report are made of: a document that needs nothing else, tables, and charts
 * drawn to SVG here, by Apache ECharts. It is heavy: import this file only where a report is written.
 */
import { createRequire } from "node:module";
import type * as ECharts from "echarts";

// Its CommonJS form is one file, its ES modules are hundreds, which take longer to load.
const { init } = createRequire(import.meta.url)("echarts") as typeof ECharts;

/** @param body - HTML. @returns an HTML document. */
export function renderPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
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

/** A drawing with its caption. */
export function renderFigure(caption: string, option: ECharts.EChartsOption): string {
  return `<figure><figcaption>${escapeHtml(caption)}</figcaption>${drawSvg(option)}</figure>`;
}

const CHART = { width: 520, height: 260 };

function drawSvg(option: ECharts.EChartsOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, ...CHART });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

/** The leaves of a JSON value as a table of names and values. */
export function renderFields(title: string, value: unknown): string {
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

/** With four digits; nothing where there is no number. */
export function formatNumber(value: number | undefined): string {
  return value === undefined ? "" : String(Number(value.toPrecision(4)));
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
