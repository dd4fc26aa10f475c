/**
 * BERT4Rec's tables.
 */
import type { Measurement, Published, Reproduction } from "../reproduction.ts";
import { ACCURACY, fullRanking, uniform100 } from "./shared.ts";

const paper: Published = {
  role: "reference",
  metrics: { "ndcg@10": 0.4818, "hitRate@10": 0.697 },
  source: "Sun et al., BERT4Rec, CIKM 2019",
  protocol:
    "100 negatives drawn by popularity; validation item left out of the input, as its code does",
};

const bestFull: Published = {
  role: "best",
  metrics: { "ndcg@10": 0.1618, "hitRate@10": 0.2921 },
  source: "the bar of Usher's issue 3, which does not name the paper",
  protocol: "BERT4Rec, full ranking, seen items removed",
};

const bestUniform: Published = {
  role: "best",
  metrics: { "ndcg@10": 0.6008, "hitRate@10": 0.8039 },
  source: "the bar of Usher's issue 3, which does not name the paper",
  protocol:
    "against 3,706 items, 290 of which hardly anyone watched; validation item left out of the input",
};

const uniform100Without: Measurement = {
  title: "uniform100, validation item left out",
  task: { kind: "next-item", protocol: "uniform100", excludeValidationFromHistory: true },
  metrics: ACCURACY,
  published: [],
};

export const bert4recMl1m: Reproduction = {
  name: "bert4rec-ml1m",
  description: "BERT4Rec on MovieLens-1M, each user's last film to be found",
  parts: [
    {
      recipe: "bert4rec-ml1m",
      data: "ml-1m-sasrec",
      minutes: 30,
      measurements: [
        { ...fullRanking, published: [bestFull] },
        {
          title: "popular100, validation item left out",
          task: {
            kind: "next-item",
            protocol: "popular100",
            excludeValidationFromHistory: true,
          },
          metrics: ACCURACY,
          published: [paper],
        },
      ],
    },
  ],
};

export const bert4recHalfHistory: Reproduction = {
  name: "bert4rec-half-history",
  description: "BERT4Rec on MovieLens-1M, first half of each history in, second half out",
  parts: [
    {
      recipe: "bert4rec-half-history",
      data: "ml-1m",
      minutes: 10,
      measurements: [
        {
          title: "second half",
          task: { kind: "second-half" },
          metrics: ["ndcg@10", "precision@10", "recall@10", "genrePrecision@10", "genreNdcg@10"],
          published: [],
        },
      ],
    },
  ],
};

export const bert4recUniform100: Reproduction = {
  name: "bert4rec-uniform100",
  description:
    "BERT4Rec on MovieLens-1M against 100 films drawn uniformly, all ratings and those of 4 and 5",
  parts: [
    {
      recipe: "bert4rec-ml1m",
      data: "ml-1m-sasrec",
      minutes: 30,
      measurements: [
        { ...uniform100, title: "all ratings, uniform100" },
        {
          ...uniform100Without,
          title: "all ratings, validation item left out",
          published: [bestUniform],
        },
      ],
    },
    {
      recipe: "bert4rec-ml1m-liked",
      data: "ml-1m",
      minutes: 20,
      measurements: [
        { ...uniform100, title: "ratings of 4 and 5, uniform100" },
        { ...uniform100Without, title: "ratings of 4 and 5, validation item left out" },
      ],
    },
  ],
};
