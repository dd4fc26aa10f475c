/**
 * `usher reproduce`: what it refuses, and its quick version on real data.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dataFolder } from "../data-folder.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";
import { runUsher } from "./run-usher.ts";

test.each([
  [["reproduce", "nothing"], /expected one of bert4rec-ml1m, .*got "nothing"/],
  [
    ["reproduce", "bert4rec-ml1m", "--data", "/nowhere"],
    /--data \/nowhere: expected \/nowhere\/ml-1m-sasrec, .*it holds ml-1m\.txt/,
  ],
  [
    ["reproduce", "bert4rec-ml1m", "--quick", "--from-scratch"],
    /--from-scratch and --quick: give one/,
  ],
  [["reproduce", "sasrec-ml1m", "--part", "x"], /--part x: expected one of sasrec, gru4rec, /],
  [["reproduce", "bert4rec-ml1m", "--resume"], /--resume: goes with --from-scratch/],
  [["reproduce", "bert4rec-ml1m", "--quick", "--results", "x.md"], /--quick are no results/],
  [["reproduce", "bert4rec-ml1m", "--quick", "--ledger", "x"], /--quick looks at no test rows/],
  [["reproduce", "bert4rec-ml1m", "--results", "/nowhere/x.md"], /x\.md: cannot be read/],
  [["reproduce", "bert4rec-ml1m", "--model", "models/default"], /expected a model of the recipe/],
  [["reproduce"], /missing required argument/],
])("%j is refused before anything is measured", async (args, message) => {
  const { exitCode, stdout, stderr } = await runUsher(args);
  expect(stderr).toMatch(message);
  expect(stdout).toBe("");
  expect(exitCode).toBe(2);
});

describe.skipIf(!hasSharedData)("with ../shared/data", () => {
  test("the quick version of bert4rec-half-history trains, measures and draws", async () => {
    const folder = await dataFolder({ "README.md": "" });
    const report = join(folder, "pages", "quick.html");
    const args = [
      "--data",
      sharedData(),
      "--quick",
      "--threads",
      "1",
      "--report",
      report,
      "--json",
    ];
    const { exitCode, stdout, stderr } = await runUsher(
      ["reproduce", "bert4rec-half-history", ...args],
      { cwd: folder },
    );
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const { source, parts, missing } = JSON.parse(stdout);
    expect([source, missing]).toEqual(["quick", []]);
    const [{ metrics, numUsers }] = parts[0].measurements;
    expect(numUsers).toBe(500);
    expect(metrics.map(({ metric }: { metric: string }) => metric)).toEqual([
      "ndcg@10",
      "precision@10",
      "recall@10",
      "genrePrecision@10",
      "genreNdcg@10",
    ]);
    for (const { ours, baselines } of metrics)
      expect(ours.low).toBeGreaterThan(baselines.random.high);
    const page = await readFile(report, "utf8");
    expect(page).toContain("QUICK");
    expect(page).not.toContain("best published");
  });

  test("a row that is measured alone joins those that were measured before", async () => {
    const page = (name: string) => `<!-- usher: ${name} -->\n<!-- end of ${name} -->\n`;
    const liked = {
      recipe: "bert4rec-ml1m-liked",
      data: { names: ["ml-1m"], fingerprint: "f" },
      models: [
        {
          seed: 1,
          commit: null,
          rows: { split: "leave-one-out", users: 6034, interactions: 563213 },
          weights: "w",
          parameters: null,
          minutes: null,
          validation: null,
          stored: null,
        },
      ],
      measurements: [],
    };
    const folder = await dataFolder({
      "results.md": page("bert4rec-uniform100") + page("test-ledger"),
      "results/bert4rec-uniform100.json": JSON.stringify({ formatVersion: 1, parts: [liked] }),
    });
    const only = ["--part", "bert4rec-ml1m", "--data", sharedData(), "--threads", "1"];
    const { exitCode, stderr } = await runUsher(
      ["reproduce", "bert4rec-uniform100", ...only, "--results", "results.md"],
      { cwd: folder },
    );
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const written = await readFile(join(folder, "results.md"), "utf8");
    expect(written).toContain("- bert4rec-ml1m: one model, seed 1");
    expect(written).toContain("- bert4rec-ml1m-liked: one model, seed 1");
    expect(written).not.toContain("left out by --part");
    expect(written).toContain("| all ratings, uniform100 | nDCG@10 | 0.6");
    const stored = await readFile(join(folder, "results/bert4rec-uniform100.json"), "utf8");
    expect(JSON.parse(stored).parts.map(({ recipe }: { recipe: string }) => recipe)).toEqual([
      "bert4rec-ml1m",
      "bert4rec-ml1m-liked",
    ]);
  });
});
