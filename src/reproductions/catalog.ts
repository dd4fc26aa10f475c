/**
 * The reproductions by name. A figure stands here only with its source; where none is known the list
 * is empty, and the table says so.
 */
import { InputError } from "../common/errors.ts";
import type { Among, Measurement, Part, Published, Reproduction, Variant } from "./reproduction.ts";

const accuracy = ["ndcg@10", "hitRate@10"];

const bert4recPaper: Published = {
  role: "reference",
  metrics: { "ndcg@10": 0.4818, "hitRate@10": 0.697 },
  source: "Sun et al., BERT4Rec, CIKM 2019",
  protocol:
    "100 negatives drawn by popularity; validation item left out of the input, as its code does",
};

const sasrecPaper: Published = {
  role: "reference",
  metrics: { "ndcg@10": 0.5905, "hitRate@10": 0.8245 },
  source: "Kang and McAuley, SASRec, ICDM 2018",
  protocol: "100 negatives drawn uniformly",
};

const bestBert4RecFull: Published = {
  role: "best",
  metrics: { "ndcg@10": 0.1618, "hitRate@10": 0.2921 },
  source: "the bar of Usher's issue 3, which does not name the paper",
  protocol: "BERT4Rec, full ranking, seen items removed",
};

const bestBert4RecUniform: Published = {
  role: "best",
  metrics: { "ndcg@10": 0.6008, "hitRate@10": 0.8039 },
  source: "the bar of Usher's issue 3, which does not name the paper",
  protocol:
    "against 3,706 items, 290 of which hardly anyone watched; validation item left out of the input",
};

const bestOrderOnly: readonly Published[] = [
  {
    role: "best",
    metrics: { "ndcg@10": 0.1857, "hitRate@10": 0.3159 },
    source: "the bar of Usher's issue 4, which does not name the paper",
    protocol: "full ranking, order only, ties in the order of the published file, as ours",
  },
  {
    role: "best",
    metrics: { "ndcg@10": 0.193, "hitRate@10": 0.3264 },
    source: "LRURec, as Usher's issue 4 cites it",
    protocol:
      "full ranking, order only, but ties sorted by item id: another last film for many users",
  },
];

const uniform100: Measurement = {
  title: "uniform100",
  task: { kind: "next-item", protocol: "uniform100" },
  metrics: accuracy,
  published: [],
};

const uniform100Without: Measurement = {
  title: "uniform100, validation item left out",
  task: { kind: "next-item", protocol: "uniform100", excludeValidationFromHistory: true },
  metrics: accuracy,
  published: [],
};

const informativeReference: Published = {
  role: "reference",
  metrics: { "precision@5": 0.1186, "hitRate@5": 0.4228 },
  source: "the reference's transformer, as Usher's issue 4 cites it",
  protocol: "random windows, 90 and 10 %, only the ten films shown are out of the ranking",
};

/** One row of the encoder's table: a loss, and what is read besides the films. */
function encoderPart(title: string, variant?: Variant, against?: string): Part {
  return {
    recipe: "informative-encoder",
    ...(variant && { variant }),
    ...(against !== undefined && { against }),
    data: "ml-1m",
    minutes: 20,
    measurements: [
      {
        title,
        task: { kind: "next-films" },
        metrics: ["precision@5", "hitRate@5"],
        published: variant?.by === "user" ? [] : [informativeReference],
      },
    ],
  };
}

const allSides = ["ratings", "users", "items"] as const;
const LOSSES = [
  ["cross entropy on the next", "next", { kind: "softmax", numPredicted: 1 }],
  ["binary cross entropy on five", "binary", { kind: "binary" }],
] as const;
const ABLATIONS = [
  ["both sides", "both", allSides],
  ["users only", "users", ["users"]],
  ["films only", "films", ["ratings", "items"]],
  ["neither", "none", []],
] as const;

/** The losses of the reference with what it switches on and off. */
const encoderVariants: readonly Part[] = LOSSES.flatMap(([lossTitle, lossName, loss]) =>
  ABLATIONS.map(([title, name, sides]) =>
    encoderPart(
      `${lossTitle}, ${title}`,
      {
        name: `informative-encoder-${lossName}-${name}`,
        sides,
        loss,
      },
      name === "both" ? undefined : `informative-encoder-${lossName}-both`,
    ),
  ),
);

const fullRanking = {
  title: "full ranking",
  task: { kind: "next-item", protocol: "full" },
  metrics: accuracy,
  published: [],
} as const satisfies Measurement;

/** The settings are those that a grid chose on validation rows of ml-1m-sasrec (docs/log.md). */
const counted: Measurement["baselines"] = [
  { kind: "item-knn", options: { numNeighbors: 4000, shrinkage: 0, recency: 0.6 } },
  { kind: "markov", options: { smoothing: 1 } },
  { kind: "ease", options: { l2: 200 } },
];

/** A network that reads the order of films and nothing else, on the file of the sequential papers. */
function orderOnlyPart(
  recipe: string,
  title: string,
  minutes: number,
  others: Partial<Part> = {},
): Part {
  const measurements = [{ ...fullRanking, title }];
  return { recipe, data: "ml-1m-sasrec", minutes, measurements, ...others };
}

const bestWithQueryTime: Published = {
  role: "best",
  metrics: { "ndcg@10": 0.2164, "hitRate@10": 0.3642 },
  source: "the bar of Usher's issue 4, which does not name the paper",
  protocol: "full ranking, time of the query known, no timestamp imputed",
};

/** The best of them with what else is known, on all films, in four looks at the same lists. */
function timedPart(title: string, variant: Variant): Part {
  const isFirst = variant.sides === undefined;
  const knowsQuery = variant.sides?.includes("next-gaps") ?? false;
  const of = (among: Among, name: string): Measurement => ({
    ...fullRanking,
    title: `ml-1m, ${title}, ${name}`,
    task: { ...fullRanking.task, among },
    baselines: null,
  });
  return {
    recipe: "sasrec-ml1m",
    variant,
    ...(!isFirst && { against: "sasrec-all-films" }),
    data: "ml-1m",
    minutes: 45,
    measurements: [
      {
        ...fullRanking,
        title: `ml-1m, ${title}`,
        published: knowsQuery ? [bestWithQueryTime] : [],
      },
      of({ kind: "users", range: [1, 2999] }, "users 1 to 2999, whose times are real"),
      of({ kind: "tie", name: "tied" }, "targets of the same second as the film before"),
      of({ kind: "tie", name: "not tied" }, "other targets"),
    ],
  };
}

const all: readonly Reproduction[] = [
  {
    name: "bert4rec-ml1m",
    description: "BERT4Rec on MovieLens-1M, each user's last film to be found",
    parts: [
      {
        recipe: "bert4rec-ml1m",
        data: "ml-1m-sasrec",
        minutes: 30,
        measurements: [
          {
            title: "full ranking",
            task: { kind: "next-item", protocol: "full" },
            metrics: accuracy,
            published: [bestBert4RecFull],
          },
          {
            title: "popular100, validation item left out",
            task: {
              kind: "next-item",
              protocol: "popular100",
              excludeValidationFromHistory: true,
            },
            metrics: accuracy,
            published: [bert4recPaper],
          },
        ],
      },
    ],
  },
  {
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
  },
  {
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
            published: [bestBert4RecUniform],
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
  },
  {
    name: "sasrec-ml1m",
    description: "Sequence models on MovieLens-1M, each user's last film to be found",
    parts: [
      orderOnlyPart("sasrec", "plain SASRec", 35),
      orderOnlyPart("gru4rec", "GRU4Rec", 40, { against: "sasrec" }),
      orderOnlyPart("sasrec-ml1m", "order only", 40, {
        against: "sasrec",
        measurements: [
          { ...fullRanking, title: "order only", published: bestOrderOnly, baselines: counted },
          {
            ...fullRanking,
            title: "order only, histories shuffled",
            task: { ...fullRanking.task, historyOrder: "shuffled" },
          },
          { ...uniform100, published: [sasrecPaper] },
        ],
      }),
      timedPart("order only", { name: "sasrec-all-films" }),
      timedPart("ratings and viewers known", {
        name: "sasrec-rated",
        sides: ["ratings", "users"],
      }),
      timedPart("past times known", { name: "sasrec-past-times", sides: ["gaps"] }),
      timedPart("query time known", {
        name: "sasrec-query-time",
        sides: ["gaps", "next-gaps"],
      }),
    ],
  },
  {
    name: "informative-encoder",
    description:
      "The next five of ten films of MovieLens-1M, from ratings and what is known of viewers and films",
    parts: [
      encoderPart("softmax over five, both sides"),
      encoderPart("the same, no viewer in both parts", {
        name: "informative-encoder-by-user",
        by: "user",
      }),
      ...encoderVariants,
    ],
  },
];

/** What can be reproduced. */
export const REPRODUCTIONS: readonly Reproduction[] = all;

/** @throws InputError that lists the names, where there is none such. */
export function findReproduction(name: string): Reproduction {
  const found = all.find((reproduction) => reproduction.name === name);
  if (found) return found;
  const names = all.map((reproduction) => reproduction.name).join(", ");
  throw new InputError(`reproduce: expected one of ${names}, got "${name}"`);
}
