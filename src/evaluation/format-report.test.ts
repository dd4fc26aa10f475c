import { expect, test } from "vitest";
import type { EvaluationReport } from "./evaluate.ts";
import { formatComparison, formatReport } from "./format-report.ts";

const estimate = (value: number) => ({ value, low: value / 2, high: value * 2 });
const metrics = {
  "hitRate@1": estimate(0.1),
  "hitRate@20": estimate(0.25),
  "ndcg@1": estimate(0.1),
  "ndcg@20": estimate(0.125),
  "meanPopularity@1": estimate(1024),
  "meanPopularity@20": estimate(512),
};
const report: EvaluationReport = {
  model: "ease",
  protocol: "full",
  rows: "test",
  excludeValidationFromHistory: false,
  historyOrder: "recorded",
  description: "leave-one-out split, test targets; full ranking",
  seed: 1,
  numResamples: 1000,
  ks: [1, 20],
  numUsers: 7,
  numTargets: 7,
  numItems: 30,
  unknownTargets: 2,
  unknownHistoryItems: 0,
  targetsWithoutHistory: 1,
  targetsWithoutGenres: null,
  targetsShortOfNegatives: 0,
  metrics,
  slices: {
    historyLength: [{ name: "0-9", numUsers: 7, numTargets: 7, metrics }],
    targetPopularity: [{ name: "top 1 %", numUsers: 7, numTargets: 7, metrics }],
    tie: [{ name: "not tied", numUsers: 7, numTargets: 7, metrics }],
    userRange: null,
  },
};

test("a report starts with model and protocol and has a column for each cut-off", () => {
  expect(formatReport(report).split("\n")).toEqual([
    "ease: 7 users, 7 targets",
    "protocol: leave-one-out split, test targets; full ranking",
    "2 targets (28.6 %) unknown to the model, counted as misses",
    "1 targets (14.3 %) with an empty history",
    "",
    "                                      @1                      @20",
    "hit rate         0.1000 [0.0500, 0.2000]  0.2500 [0.1250, 0.5000]",
    "nDCG             0.1000 [0.0500, 0.2000]  0.1250 [0.0625, 0.2500]",
    "mean popularity   1024.0 [512.0, 2048.0]    512.0 [256.0, 1024.0]",
    "",
    "95 % intervals from 1000 resamples of the users, seed 1",
    "",
    "history length  users              hit rate@20                  nDCG@20",
    "0-9                 7  0.2500 [0.1250, 0.5000]  0.1250 [0.0625, 0.2500]",
    "",
    "target popularity  users              hit rate@20                  nDCG@20",
    "top 1 %                7  0.2500 [0.1250, 0.5000]  0.1250 [0.0625, 0.2500]",
    "",
    "second of the item before  users              hit rate@20                  nDCG@20",
    "not tied                       7  0.2500 [0.1250, 0.5000]  0.1250 [0.0625, 0.2500]",
  ]);
});

test("a comparison names what is subtracted from what", () => {
  const description = "leave-one-out split";
  const differences = {
    "ndcg@10": { value: 0.5, low: -0.25, high: 0.75 },
    "meanPopularity@10": { value: -12, low: -20, high: 4 },
  };
  const comparison = { a: "ease", b: "popularity", description, numUsers: 7, differences };
  expect(formatComparison(comparison).split("\n")).toEqual([
    "ease minus popularity: 7 users",
    "protocol: leave-one-out split",
    "",
    "                                      @10",
    "nDCG             0.5000 [-0.2500, 0.7500]",
    "mean popularity        -12.0 [-20.0, 4.0]",
  ]);
});
