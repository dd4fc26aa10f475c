/**
 * The mean and the standard deviation, over seeds, of what `usher evaluate --json` printed:
 *
 *   node scripts/average-reports.js out/ml1m-1.json out/ml1m-2.json out/ml1m-3.json
 */
import { readFileSync } from "node:fs";
import process from "node:process";

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write("usage: node scripts/average-reports.js REPORT.json...\n");
  process.exit(2);
}
const reports = files.map((file) => JSON.parse(readFileSync(file, "utf8")));
const protocols = new Set(reports.map(({ description }) => description));
if (protocols.size > 1) {
  process.stderr.write(`the reports are of different protocols: ${[...protocols].join(" | ")}\n`);
  process.exit(2);
}
process.stdout.write(`${reports.length} reports; ${[...protocols][0]}\n`);
for (const name of Object.keys(reports[0].metrics)) {
  const values = reports.map(({ metrics }) => metrics[name].value);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(values.length - 1, 1));
  const each = values.map((value) => value.toFixed(4)).join(" ");
  process.stdout.write(
    `${name.padEnd(22)} ${mean.toFixed(4)} +- ${deviation.toFixed(4)}  (${each})\n`,
  );
}
