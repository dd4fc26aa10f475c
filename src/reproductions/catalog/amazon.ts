/**
 * Sequence models on the 5-core Amazon sets of the S3-Rec paper.
 */
import type { Measurement, Part, Published, Reproduction, Variant } from "../reproduction.ts";
import { fullRanking } from "./shared.ts";

/** item-kNN and EASE as chosen on validation rows of Beauty (docs/log.md), the chain hardly smoothed. */
const baselines: Measurement["baselines"] = [
  { kind: "item-knn", options: { numNeighbors: 1000, shrinkage: 10, recency: 0.6 } },
  { kind: "markov", options: { smoothing: 1 } },
  { kind: "ease", options: { l2: 100 } },
];

/** Without distances, gates and factors. */
const plain = { positions: "absolute", block: "plain", itemStart: "random" };
const recurrent = {
  kind: "gru4rec",
  embeddingDim: 64,
  numLayers: 1,
  maxLength: 50,
  dropoutRate: 0.5,
};

/** As chosen on validation rows of Sports (docs/log.md). */
const smoothed = { epochs: 24, loss: { kind: "softmax", labelSmoothing: 0.3 } } as const;
const taught = {
  epochs: 24,
  model: { dropoutRate: 0.3 },
  distillation: { share: 0.95, numItems: 100 },
} as const;
const TEACHER_SEEDS = [1, 2, 3];

/** A set: its plain SASRec, what is put beside it, and the published figures with the network. */
function amazonParts(
  name: string,
  data: string,
  minutes: number,
  ndcg: number,
  hitRate: number,
  gated: Omit<Variant, "name"> = {},
  student?: Omit<Variant, "name">,
): readonly Part[] {
  const best: Published = {
    role: "best",
    metrics: { "ndcg@10": ndcg, "hitRate@10": hitRate },
    source: "the bar of Usher's issue 4, about what eSASRec's README has",
    protocol: "full ranking, seen items removed",
  };
  const set = name.toLowerCase();
  const part = (title: string, variant: Variant, more: Partial<Measurement> = {}): Part => ({
    recipe: "sasrec-amazon",
    variant,
    data: `sequential-benchmarks/s3rec_${data}.txt.gz`,
    minutes,
    measurements: [{ ...fullRanking, title: `${name}, ${title}`, ...more }],
  });
  const against = `sasrec-plain-${set}`;
  const published = [best];
  const teacher: Part = {
    ...part("distances and gates", { ...gated, name: `sasrec-${set}` }, { published, baselines }),
    against,
  };
  return [
    part("plain SASRec", { name: against, model: plain }),
    { ...part("GRU4Rec", { name: `gru4rec-${set}`, model: recurrent }), against },
    teacher,
    ...(student ? [taughtPart(teacher, student)] : []),
  ];

  function taughtPart(of: Part, variant: Omit<Variant, "name">): Part {
    return {
      ...part(
        "distances and gates, taught by three such",
        { ...variant, name: `sasrec-${set}-student` },
        { published },
      ),
      teachers: { of, seeds: TEACHER_SEEDS },
      minutes: minutes * (TEACHER_SEEDS.length + 1),
      against,
    };
  }
}

export const sasrecAmazon: Reproduction = {
  name: "sasrec-amazon",
  description: "Sequence models on 5-core Amazon reviews, each user's last item to be found",
  parts: [
    ...amazonParts("Beauty", "Beauty", 15, 0.053, 0.092),
    ...amazonParts("Sports", "Sports_and_Outdoors", 25, 0.032, 0.057, smoothed, taught),
    ...amazonParts("Toys", "Toys_and_Games", 15, 0.058, 0.097),
  ],
};
