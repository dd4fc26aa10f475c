import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { splitByTime } from "../data/by-time.ts";
import { NO_FEATURES } from "../data/features/feature-set.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import { createPopularityRecommender, fitPopularity } from "../models/popularity.ts";
import { createCountingAlong } from "../models/recent-popularity.ts";
import type { Recommender } from "../models/recommender.ts";
import type { OpenPart } from "./open-part.ts";
import {
  createTableMemory,
  type LookOptions,
  reproduceMeasurement,
} from "./reproduce-measurement.ts";
import type { Measurement } from "./reproduction.ts";

const DAY = 86_400;
const histories = Array.from({ length: 20 }, (_, u) =>
  Array.from({ length: 10 }, (_, i) => (u + i * (1 + (u % 3))) % 12),
);
const interactions = {
  ...toInteractions(histories, 12),
  userIds: histories.map((_, u) => `${u + 1}`),
  timestamps: Float64Array.from({ length: 200 }, (_, row) => DAY * ((row % 10) + row / 1000)),
};
const split = splitByTime(interactions, { validationCut: 0.6, testCut: 0.8 });

function counting(): { recommender: Recommender; scored: () => number } {
  const popular = createPopularityRecommender(fitPopularity(interactions));
  let scored = 0;
  const score: Recommender["score"] = (inputs) => {
    scored += inputs.length;
    return popular.score(inputs);
  };
  return { recommender: { ...popular, score }, scored: () => scored };
}

function newTable(): LookOptions {
  return { ledger: undefined, signal: undefined, memory: createTableMemory() };
}

function openWith(recommender: Recommender, fingerprint = "f"): OpenPart {
  const data = { interactions, films: new Map(), names: ["toy"], fingerprint };
  const model = { recommender, manifest: { split: {} } };
  return { data, features: NO_FEATURES, models: [{ model, split, log: [] }] } as never;
}

const full = {
  title: "all",
  task: { kind: "next-item", protocol: "full" },
  metrics: ["ndcg@10"],
  published: [],
  baselines: null,
} as const satisfies Measurement;

test("several looks at the same lists score them once, other histories anew", async () => {
  const { recommender, scored } = counting();
  const options = newTable();
  const open = openWith(recommender);
  const { measured } = await reproduceMeasurement(full, open, options);
  expect(scored()).toBe(split.test.length);
  const among = { kind: "users", range: [1, 5] } as const;
  const part = { ...full, task: { ...full.task, among } };
  const some = await reproduceMeasurement(part, open, options);
  expect(scored()).toBe(split.test.length);
  expect([measured.numUsers, some.measured.numUsers]).toEqual([20, 5]);
  expect(some.measured.description).toContain("cut at 60 and 80 % of the interactions");
  const shuffled = { ...full, task: { ...full.task, historyOrder: "shuffled" } } as const;
  await reproduceMeasurement(shuffled, open, options);
  expect(scored()).toBe(2 * split.test.length);
});

test("what is recent is counted up to each query", async () => {
  const measurement: Measurement = {
    ...full,
    baselines: [{ kind: "recent-popularity", options: { days: 2 } }],
  };
  const open = openWith(counting().recommender);
  const { measured } = await reproduceMeasurement(measurement, open, newTable());
  const along = createCountingAlong(interactions, { days: 2 });
  const { report } = await evaluate(along, split, { protocol: "full", rows: "test", ks: [10] });
  const [{ baselines }] = measured.metrics;
  expect(baselines["recent-popularity, 2 d"]).toEqual(report.metrics["ndcg@10"]);
  expect(baselines.popularity.value).not.toBe(baselines["recent-popularity, 2 d"].value);
  const [{ ours, differences }] = measured.metrics;
  const less = differences?.["recent-popularity, 2 d"];
  expect(less?.value).toBeCloseTo(ours.value - report.metrics["ndcg@10"].value, 12);
  expect(less?.low).toBeLessThan(less?.high ?? 0);
});

test("parts of the same rows share their baselines, parts of others do not", async () => {
  const table = newTable();
  const { baselines } = table.memory;
  const measurement: Measurement = { ...full, baselines: [] };
  const lookAt = async (fingerprint: string) => {
    const open = openWith(counting().recommender, fingerprint);
    const { measured } = await reproduceMeasurement(measurement, open, table);
    return measured.metrics[0].baselines;
  };
  const first = await lookAt("f");
  const fitted = [...baselines.values()];
  expect(await lookAt("f")).toEqual(first);
  expect([...baselines.values()]).toEqual(fitted);
  expect(Object.keys(first)).toEqual(["popularity", "random"]);
  await lookAt("g");
  expect(baselines.size).toBe(2);
});
