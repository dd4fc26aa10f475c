/**
 * The table of sequence models on MovieLens-1M.
 */
import type { SideName } from "../../recipes/fit-sides.ts";
import type { Among, Measurement, Part, Published, Reproduction } from "../reproduction.ts";
import { fullRanking, uniform100 } from "./shared.ts";

const paper: Published = {
  role: "reference",
  metrics: { "ndcg@10": 0.5905, "hitRate@10": 0.8245 },
  source: "Kang and McAuley, SASRec, ICDM 2018",
  protocol: "100 negatives drawn uniformly",
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

const bestWithQueryTime: Published = {
  role: "best",
  metrics: { "ndcg@10": 0.2164, "hitRate@10": 0.3642 },
  source: "the bar of Usher's issue 4, which does not name the paper",
  protocol: "full ranking, time of the query known, no timestamp imputed",
};

/** The settings are those that the grid of `tune-baselines.ts` chose on validation rows of ml-1m-sasrec. */
const counted: Measurement["baselines"] = [
  { kind: "item-knn", options: { numNeighbors: 4000, shrinkage: 0, recency: 0.6 } },
  { kind: "markov", options: { smoothing: 1 } },
  { kind: "ease", options: { l2: 200 } },
];

/** A network that reads the order of films and nothing else, on the file of the sequential papers. */
function orderOnlyPart(
  recipe: string,
  minutes: number,
  measurement: Pick<Measurement, "title" | "baselines">,
  against?: string,
): Part {
  const measurements = [{ ...fullRanking, ...measurement }];
  const beside = against === undefined ? {} : { against };
  return { recipe, data: "ml-1m-sasrec", minutes, measurements, ...beside };
}

/** With what else is known, on all films, in four looks at the same lists. */
function timedPart(title: string, name: string, sides: readonly SideName[]): Part {
  const isFirst = sides.length === 0;
  const knowsQuery = sides.includes("next-gaps");
  const of = (among: Among, whose: string): Measurement => ({
    ...fullRanking,
    title: `ml-1m, ${title}, ${whose}`,
    task: { ...fullRanking.task, among },
    baselines: null,
  });
  return {
    recipe: "sasrec-ml1m",
    // Enough to tell them apart, at two thirds of the recipe's time.
    variant: { name, model: { sides }, epochs: 14 },
    ...(!isFirst && { against: "sasrec-all-films" }),
    data: "ml-1m",
    minutes: 45,
    measurements: [
      {
        ...fullRanking,
        title: `ml-1m, ${title}`,
        baselines: isFirst ? counted : [],
        published: knowsQuery ? [bestWithQueryTime] : [],
      },
      of({ kind: "users", range: [1, 2999] }, "users 1 to 2999, whose times are real"),
      of({ kind: "tie", name: "tied" }, "targets of the same second as the film before"),
      of({ kind: "tie", name: "not tied" }, "other targets"),
    ],
  };
}

const gated = orderOnlyPart(
  "sasrec-ml1m",
  50,
  { title: "distances and gates", baselines: counted },
  "sasrec",
);

export const sasrecMl1m: Reproduction = {
  name: "sasrec-ml1m",
  description: "Sequence models on MovieLens-1M, each user's last film to be found",
  parts: [
    orderOnlyPart("sasrec", 35, { title: "plain SASRec" }),
    orderOnlyPart("gru4rec", 40, { title: "GRU4Rec" }, "sasrec"),
    gated,
    {
      recipe: "sasrec-student",
      teachers: { of: gated, seeds: [1] },
      against: "sasrec",
      data: "ml-1m-sasrec",
      minutes: 110,
      measurements: [
        {
          ...fullRanking,
          title: "order only: distances, gates, taught by one such",
          published: bestOrderOnly,
          baselines: counted,
        },
        {
          ...fullRanking,
          title: "order only, histories shuffled",
          task: { ...fullRanking.task, historyOrder: "shuffled" },
        },
        { ...uniform100, published: [paper] },
      ],
    },
    timedPart("order only", "sasrec-all-films", []),
    timedPart("ratings and viewers known", "sasrec-rated", ["ratings", "users"]),
    timedPart("past times known", "sasrec-past-times", ["gaps"]),
    timedPart("query time known", "sasrec-query-time", ["gaps", "next-gaps"]),
  ],
};
