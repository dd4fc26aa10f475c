import { describe, expect, it } from "vitest";
import { renderReport } from "./report.ts";
import type { WrittenLine } from "./training-log.ts";

/** Validation after every second epoch, the second of them the best. */
const lines: WrittenLine[] = [1, 2, 3, 4, 5, 6].map((epoch) => ({
  epoch,
  step: 10 * epoch,
  loss: 8 / epoch,
  learningRate: 0.001,
  numTokens: 500,
  validation: epoch % 2 === 0 ? { "ndcg@10": 0.25 - (epoch - 4) ** 2 / 100 } : null,
  best: epoch === 1 ? null : epoch < 4 ? { epoch: 2, value: 0.21 } : { epoch: 4, value: 0.25 },
  tokensPerSecond: 250,
  seconds: 2 * epoch,
  peakMemoryBytes: epoch * 2 ** 20,
}));

const record = {
  title: "bert4rec <tiny>",
  recipe: { model: { numHeads: 4 }, stages: [{ epochs: 6 }], schedule: null },
  data: { names: ["my & own.csv"] },
  environment: { node: "v20.20.2" },
};

const html = renderReport(lines, record);

/** The drawing below a caption. */
function figure(caption: string, page = html): string {
  const figures = page.match(/<figure>.*?<\/figure>/gs) ?? [];
  const found = figures.filter((text) => text.includes(`<figcaption>${caption}</figcaption>`));
  expect(found.length).toBe(1);
  return found[0];
}

describe("renderReport", () => {
  it("needs nothing but itself", () => {
    expect(html).not.toMatch(/<(script|link|img|iframe|object|embed|base|image|use)\b/i);
    expect(html).not.toMatch(/\b(src|href|srcset)\s*=/i);
    expect(html).not.toMatch(/@import|url\((?!#)/i);
  });

  it("draws a curve for each number of the log", () => {
    const curves = [
      "training loss",
      "validation ndcg@10",
      "learning rate",
      "tokens per second",
      "peak memory, MiB",
    ];
    for (const caption of curves) expect(figure(caption)).toContain("<svg");
    expect(html.match(/<svg/g)).toHaveLength(curves.length);
  });

  it("puts each epoch where its value lies", () => {
    // One circle for each epoch; a loss that halves with the epoch number never rises.
    const circles = figure("training loss").matchAll(
      /transform="matrix\([\d.]+,0,0,[\d.]+,([\d.]+),([\d.]+)\)"/g,
    );
    const points = [...circles].map(([, x, y]) => [Number(x), Number(y)]);
    expect(points.length).toBe(6);
    const width = points[1][0] - points[0][0];
    const height = (points[5][1] - points[0][1]) / (8 - 8 / 6);
    for (const [index, [x, y]] of points.entries()) {
      expect(x).toBeCloseTo(points[0][0] + index * width, 0);
      expect(y).toBeCloseTo(points[0][1] + (8 - 8 / (index + 1)) * height, 0);
    }
  });

  it("marks the best epoch on the validation curve, and in the table", () => {
    expect(figure("validation ndcg@10")).toContain("epoch 4: 0.25");
    expect(figure("training loss")).not.toContain("epoch 4");
    expect(
      html.match(/<tr class="best"><td>4<\/td><td>40<\/td><td>2.0000<\/td><td>0.25<\/td>/g),
    ).toHaveLength(1);
    expect(html).toContain(
      "6 epochs, the best of them 4 (0.25); 60 updates in 12.0 s; at most 6 MiB of memory.",
    );
  });

  it("lists what was trained, on what, where, as text", () => {
    expect(html).toContain("<h1>bert4rec &#60;tiny&#62;</h1>");
    expect(html).toContain("<tr><th>model.numHeads</th><td>4</td></tr>");
    expect(html).toContain("<tr><th>stages.0.epochs</th><td>6</td></tr>");
    expect(html).toContain("<tr><th>schedule</th><td>null</td></tr>");
    expect(html).toContain("<tr><th>names.0</th><td>my &#38; own.csv</td></tr>");
    expect(html).toContain("<tr><th>node</th><td>v20.20.2</td></tr>");
  });

  it("is a page before the first epoch has ended, and without validation", () => {
    expect(renderReport([], record)).toContain("No epoch has ended yet.");
    const unvalidated = lines.map((line) => ({ ...line, validation: null, best: null }));
    const page = renderReport(unvalidated, record);
    expect(page).toContain("6 epochs; 60 updates");
    expect(page).not.toContain("validation");
  });
});
