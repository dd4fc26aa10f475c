import { describe, expect, it, test } from "vitest";
import { describeDifferences, describeMissing, formatMarkdown } from "./format-table.ts";

describe("what was not measured", () => {
  const part = (recipe: string) => ({ recipe, data: "toy", minutes: 7, measurements: [] });
  const result = { name: "toys", description: "Toys", source: "models", parts: [] } as const;

  it("waits for its measurement where it has a checkpoint, else for its training", () => {
    const missing = [part("bert4rec-ml1m"), part("unknown")];
    const [known, unknown] = describeMissing({ ...result, missing, leftOut: [] });
    expect(known).toMatch(/^bert4rec-ml1m: not measured here; .* --part bert4rec-ml1m does so/);
    expect(unknown).toMatch(
      /^unknown: no checkpoint .* --from-scratch trains it on toy, in about 7/,
    );
  });

  it("is named where --part left it out", () => {
    expect(describeMissing({ ...result, missing: [], leftOut: ["a", "b"] })).toEqual([
      "left out by --part: a, b",
    ]);
  });
});

test("differences to the baselines are told of the first metric, chance left out", () => {
  const of = (value: number) => ({ value, low: value - 0.01, high: value + 0.01 });
  const row = (metric: string) => ({ metric, ours: of(0.3), baselines: { ease: of(0.1) } });
  const differences = { random: of(0.3), ease: of(0.2) };
  const measurement = { title: "full", description: "", numUsers: 3, published: [], against: null };
  const measurements = [
    { ...measurement, metrics: [{ ...row("ndcg@10"), differences }, row("hitRate@10")] },
    { ...measurement, title: "measured long ago", metrics: [row("ndcg@10")] },
  ];
  const part = { recipe: "a", data: { names: [], fingerprint: "" }, models: [], measurements };
  expect(describeDifferences({ parts: [part] })).toEqual([
    "full, nDCG@10 less ease 0.2000 [0.1900, 0.2100]",
  ]);
});

test("a page says which rows come with their weights", () => {
  const model = {
    ...{ seed: 1, commit: null, weights: "w", parameters: null, minutes: null },
    ...{ rows: { split: "leave-one-out" as const, users: 3, interactions: 9 } },
    ...{ validation: null, stored: null },
  } as const;
  const part = (recipe: string, numSeeds: number) => ({
    ...{ recipe, data: { names: ["toy"], fingerprint: "f" }, measurements: [] },
    models: Array.from({ length: numSeeds }, () => model),
  });
  const parts = [part("bert4rec-ml1m", 1), part("sasrec-ml1m", 3), part("unknown", 1)];
  const result = { name: "toys", description: "Toys", missing: [], leftOut: [] };
  const lines = formatMarkdown({ ...result, source: "models", parts }).split("\n");
  expect(lines.find((line) => line.startsWith("- bert4rec-ml1m"))).not.toContain("come");
  expect(lines.find((line) => line.startsWith("- sasrec-ml1m"))).toContain("one of them comes");
  expect(lines.find((line) => line.startsWith("- unknown"))).toContain("--from-scratch trains it");
});
