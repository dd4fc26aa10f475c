/**
 * The honest table: learnt from everyone's past, asked about the future, where every later rating is
 * a target, given its true past.
 */
import type { Measurement, Part, Reproduction } from "../reproduction.ts";
import { fullRanking } from "./shared.ts";

type Cut = 80 | 90;

/** What a grid chose on the validation rows before each cut (docs/log.md), and the last week. */
const movieLens: Readonly<Record<Cut, Measurement["baselines"]>> = {
  80: baselines(1, 1000, 0.6, 300),
  90: baselines(1, 1000, 0.6, 300),
};
const movieTweetings: Readonly<Record<Cut, Measurement["baselines"]>> = {
  80: baselines(1, 1000, 0.8, 300),
  90: baselines(3, 1000, 0.8, 300),
};

function baselines(
  days: number,
  numNeighbors: number,
  recency: number,
  smoothing: number,
): Measurement["baselines"] {
  return [
    { kind: "recent-popularity", options: { days } },
    { kind: "recent-popularity", options: { days: 7 } },
    { kind: "item-knn", options: { numNeighbors, shrinkage: 10, recency } },
    { kind: "markov", options: { smoothing } },
  ];
}

/** Validated on the tenth of all interactions before the cut. */
function byTimeSplit(percent: Cut): Readonly<Record<string, unknown>> {
  return { kind: "by-time", validationCut: (percent - 10) / 100, testCut: percent / 100 };
}

function movieLensPart(percent: Cut): Part {
  const title = `ml-1m, after ${percent} % of the ratings`;
  return {
    recipe: "sasrec-ml1m",
    // A validation takes minutes here: there are a hundred thousand targets.
    variant: {
      name: `sasrec-ml1m-after-${percent}`,
      split: byTimeSplit(percent),
      epochs: 10,
      everyEpochs: 5,
    },
    data: "ml-1m",
    minutes: 40,
    measurements: [
      { ...fullRanking, title, baselines: movieLens[percent] },
      {
        ...fullRanking,
        title: `${title}, users 1 to 2999, whose times are real`,
        task: { ...fullRanking.task, among: { kind: "users", range: [1, 2999] } },
        baselines: null,
      },
    ],
  };
}

function movieTweetingsPart(percent: Cut): Part {
  const title = `MovieTweetings, after ${percent} % of the ratings`;
  return {
    // Short histories, and few of them: it learns nothing new after a few epochs.
    recipe: "sasrec-amazon",
    variant: {
      name: `sasrec-movietweetings-after-${percent}`,
      split: byTimeSplit(percent),
      epochs: 16,
    },
    data: "movietweetings",
    minutes: 10,
    measurements: [{ ...fullRanking, title, baselines: movieTweetings[percent] }],
  };
}

export const byTime: Reproduction = {
  name: "by-time",
  description: "Sequence models that learnt from the past of everyone, asked about the future",
  parts: [movieLensPart(80), movieLensPart(90), movieTweetingsPart(80), movieTweetingsPart(90)],
};
