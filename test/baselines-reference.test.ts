/**
 * The baselines, from fitting to the reported number, beside NumPy and SciPy on real data:
 * `fixtures/baselines/make-baselines.py`. Only validation rows are read.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { type Split, trainingInteractions } from "../src/data/split.ts";
import { compare } from "../src/evaluation/compare.ts";
import { type Evaluation, evaluate } from "../src/evaluation/evaluate.ts";
import { createEaseRecommender } from "../src/models/ease.ts";
import { fitEase } from "../src/models/ease-fit.ts";
import { createItemKnnRecommender, fitItemKnn } from "../src/models/item-knn.ts";
import { createPopularityRecommender, fitPopularity } from "../src/models/popularity.ts";
import type { Recommender } from "../src/models/recommender.ts";
import { toInteractions, toLeaveOneOut } from "./random-interactions.ts";
import { hasSharedData, sharedData } from "./shared-data.ts";

const path = new URL("fixtures/baselines/baselines.json", import.meta.url);
const golden = JSON.parse(readFileSync(path, "utf8"));

function loadSplit(): Split {
  const file = readFileSync(sharedData("ml-1m-sasrec", "ml-1m.txt.gz"));
  const histories: number[][] = [];
  for (const line of gunzipSync(file).toString().trim().split("\n")) {
    const [user, item] = line.split(" ").map(Number);
    histories[user - 1] ??= [];
    histories[user - 1].push(item - 1);
  }
  const split = toLeaveOneOut(toInteractions(histories, 3416));
  return { ...split, validation: split.validation.slice(0, golden.numTested) };
}

describe.skipIf(!hasSharedData)("ml-1m-sasrec, full ranking, validation", () => {
  let split: Split;
  const evaluations: Record<string, Evaluation> = {};

  beforeAll(async () => {
    split = loadSplit();
    const train = trainingInteractions(split);
    const recommenders: Recommender[] = [
      createPopularityRecommender(fitPopularity(train)),
      createItemKnnRecommender(fitItemKnn(train, golden["item-knn"].options)),
      createEaseRecommender(await fitEase(train, golden.ease.options)),
    ];
    for (const recommender of recommenders) {
      evaluations[recommender.name] = await evaluate(recommender, split, {
        protocol: "full",
        rows: "validation",
        ks: [10],
      });
    }
  }, 300_000);

  // One hit more or less among 1000 is 0.001: float32 may turn a tie.
  test.each(["popularity", "item-knn", "ease"])("%s reaches the reference's numbers", (name) => {
    const { metrics } = evaluations[name].report;
    const { expected } = golden[name];
    expect(Math.abs(metrics["hitRate@10"].value - expected["hitRate@10"])).toBeLessThanOrEqual(
      1e-3,
    );
    expect(Math.abs(metrics["ndcg@10"].value - expected["ndcg@10"])).toBeLessThanOrEqual(1e-3);
  });

  test("item-kNN is ahead of popularity beyond chance", () => {
    const { differences } = compare(evaluations["item-knn"], evaluations.popularity);
    expect(differences["ndcg@10"].low).toBeGreaterThan(0);
  });
});
