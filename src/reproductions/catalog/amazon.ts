/**
 * Sequence models on the 5-core Amazon sets of the S3-Rec paper.
 */
import type { Measurement, Part, Published, Reproduction } from "../reproduction.ts";
import { fullRanking } from "./shared.ts";

/** item-kNN as chosen on validation rows of Beauty (docs/log.md), the chain hardly smoothed. */
const baselines: Measurement["baselines"] = [
  { kind: "item-knn", options: { numNeighbors: 1000, shrinkage: 10, recency: 0.6 } },
  { kind: "markov", options: { smoothing: 1 } },
];

function amazonPart(
  name: string,
  data: string,
  minutes: number,
  ndcg: number,
  hitRate: number,
): Part {
  const best: Published = {
    role: "best",
    metrics: { "ndcg@10": ndcg, "hitRate@10": hitRate },
    source: "the bar of Usher's issue 4, about what eSASRec's README has",
    protocol: "full ranking, seen items removed",
  };
  return {
    recipe: "sasrec-amazon",
    variant: { name: `sasrec-${name.toLowerCase()}` },
    data: `sequential-benchmarks/s3rec_${data}.txt.gz`,
    minutes,
    measurements: [{ ...fullRanking, title: name, published: [best], baselines }],
  };
}

export const sasrecAmazon: Reproduction = {
  name: "sasrec-amazon",
  description: "Sequence models on 5-core Amazon reviews, each user's last item to be found",
  parts: [
    amazonPart("Beauty", "Beauty", 15, 0.053, 0.092),
    amazonPart("Sports", "Sports_and_Outdoors", 40, 0.032, 0.057),
    amazonPart("Toys", "Toys_and_Games", 15, 0.058, 0.097),
  ],
};
