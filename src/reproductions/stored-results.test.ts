import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import type { ReproducedPart, ReproductionResult } from "./reproduce.ts";
import type { Reproduction } from "./reproduction.ts";
import {
  mergeResults,
  readStoredResults,
  storedResultsPath,
  writeStoredResults,
} from "./stored-results.ts";

const estimate = { value: 0.5, low: 0.4, high: 0.6 };

/** A row of a table, with what a table does not show. */
function row(recipe: string, weights: string, against: string | null = null): ReproducedPart {
  const measurement = {
    title: recipe,
    description: "full ranking",
    numUsers: 3,
    metrics: [{ metric: "ndcg@10", ours: estimate, baselines: { popularity: estimate } }],
    published: [],
    against: against === null ? null : { name: against, differences: { "ndcg@10": estimate } },
    historyLength: [],
    genre: [],
  };
  const model = {
    seed: 1,
    commit: null,
    rows: { split: "leave-one-out", users: 3, interactions: 9 },
    weights,
    parameters: 7,
    minutes: null,
    validation: null,
    stored: null,
  } as const;
  const data = { names: ["toy"], fingerprint: "f" };
  return { recipe, data, models: [model], measurements: [measurement], log: [], examples: [] };
}

const part = (recipe: string) => ({ recipe, data: "toy", minutes: 1, measurements: [] });
const table: Pick<Reproduction, "parts"> = { parts: [part("a"), part("b"), part("c")] };

function result(
  parts: readonly ReproducedPart[],
  others: Partial<ReproductionResult> = {},
): ReproductionResult {
  const nothing = { missing: [], leftOut: [] };
  return { name: "toys", description: "Toys", source: "models", parts, ...nothing, ...others };
}

describe("stored results", () => {
  it("come back as they were written, without what a table does not show", async () => {
    const path = storedResultsPath(join(await dataFolder({}), "results.md"), "toys");
    expect(path.endsWith(join("results", "toys.json"))).toBe(true);
    await mkdir(dirname(path));
    expect(await readStoredResults(path)).toEqual([]);
    await writeStoredResults(path, [row("a", "1")]);
    const [{ measurements, ...read }] = await readStoredResults(path);
    const { measurements: written, log: _log, examples: _examples, ...expected } = row("a", "1");
    expect(read).toEqual(expected);
    const { historyLength: _length, genre: _genre, ...shown } = written[0];
    expect(measurements).toEqual([shown]);
    expect(await readFile(path, "utf8")).not.toContain("historyLength");
  });

  it("are refused where they are none", async () => {
    const folder = await dataFolder({
      "a.json": "{",
      "b.json": '{"formatVersion":2}',
      "c.json": '{"formatVersion":1,"parts":[{"recipe":3}]}',
    });
    const read = (name: string) => readStoredResults(join(folder, name));
    await expect(read("a.json")).rejects.toThrow(/a\.json: not JSON .*; remove it/);
    await expect(read("b.json")).rejects.toThrow(/formatVersion 2 is newer/);
    await expect(read("c.json")).rejects.toThrow(/c\.json: parts\.0\.recipe: .*; remove it/);
  });

  it("give way to what is measured anew, in the order of the table", () => {
    const stored = [row("c", "3"), row("a", "1")];
    const missing = [part("b"), part("c")];
    const merged = mergeResults(table, stored, result([row("a", "2")], { missing }));
    expect(merged.parts.map(({ recipe, models }) => recipe + models[0].weights)).toEqual([
      "a2",
      "c3",
    ]);
    expect(merged.missing.map(({ recipe }) => recipe)).toEqual(["b"]);
    // A page says what each row waits for, asked for or not.
    const other = mergeResults(table, stored, result([], { leftOut: ["a", "b", "c"] }));
    expect(other.missing.map(({ recipe }) => recipe)).toEqual(["b"]);
    expect(other.leftOut).toEqual([]);
    // A row that the table has no more is gone.
    expect(mergeResults({ parts: [part("b")] }, stored, result([])).parts).toEqual([]);
  });

  it("keep a difference only to a line of the same weights", () => {
    const stored = [row("a", "1"), row("b", "1", "a")];
    const differences = (weights: string) =>
      mergeResults(table, stored, result([row("a", weights)])).parts.map(
        ({ measurements }) => measurements[0].against?.name,
      );
    expect(differences("1")).toEqual([undefined, "a"]);
    expect(differences("2")).toEqual([undefined, undefined]);
  });
});
