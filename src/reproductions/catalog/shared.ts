/**
 * What several tables measure.
 */
import type { Measurement } from "../reproduction.ts";

export const ACCURACY: Measurement["metrics"] = ["ndcg@10", "hitRate@10"];

export const fullRanking = {
  title: "full ranking",
  task: { kind: "next-item", protocol: "full" },
  metrics: ACCURACY,
  published: [],
} as const satisfies Measurement;

export const uniform100: Measurement = {
  title: "uniform100",
  task: { kind: "next-item", protocol: "uniform100" },
  metrics: ACCURACY,
  published: [],
};
