import { describe, expect, it } from "vitest";
import { describeMissing } from "./format-table.ts";

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
