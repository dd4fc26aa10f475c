/**
 * The lists of a model for one task, and what each is worth.
 */
import type { Split } from "../data/split.ts";
import { referencePopularity } from "../evaluation/evaluate.ts";
import { describeSecondHalves, measureSecondHalves } from "../evaluation/measure-second-halves.ts";
import { type MeasureOptions, measureTargets } from "../evaluation/measure-targets.ts";
import { describeProtocol, type ProtocolOptions } from "../evaluation/protocol.ts";
import type { Recommender } from "../models/recommender.ts";
import type { Task } from "./reproduction.ts";

/** Where lists are cut: every metric of a reproduction is at ten. */
export const LIST_LENGTH = 10;

/** One list for each case, and what was to be found in it. */
export interface Cases {
  /** `[C]`, ascending. */
  readonly userIndices: Uint32Array;
  /** `[C]` */
  readonly historyLengths: Uint32Array;
  /** The itemIndex of what was to be found: `[C][T]`. */
  readonly targets: readonly Uint32Array[];
  /** The best ten, -1 after the end of a short list: `[C, 10]`. */
  readonly lists: Int32Array;
  /** Metric, e.g. "ndcg@10", to its value for each case: `[C]`; NaN where it has none. */
  readonly values: Readonly<Record<string, Float64Array>>;
}

export interface TaskOptions extends Pick<MeasureOptions, "onProgress" | "userFeatures"> {
  /** Of each itemIndex: `[N]`. Default: none, and no genre measures. */
  readonly genres?: MeasureOptions["genres"] | undefined;
}

/** The protocol in words. */
export function describeTask(split: Split, task: Task): string {
  return task.kind === "second-half"
    ? describeSecondHalves(split)
    : describeProtocol(split, toProtocol(task));
}

/**
 * Measures on the test rows of a split.
 * @throws InputError as `measureTargets` and `measureSecondHalves` do.
 */
export async function measureTask(
  recommender: Recommender,
  split: Split,
  task: Task,
  { genres, userFeatures, onProgress }: TaskOptions = {},
): Promise<Cases> {
  const shared = { ...(genres && { genres }), ...(onProgress && { onProgress }) };
  if (task.kind === "second-half") {
    return measureSecondHalves(recommender, split, { ...shared, k: LIST_LENGTH });
  }
  const options = { ...shared, ...toProtocol(task), userFeatures, ks: [LIST_LENGTH] };
  const measured = await measureTargets(recommender, split, options, referencePopularity(split));
  return { ...measured, targets: Array.from(measured.items, (item) => Uint32Array.of(item)) };
}

function toProtocol(task: Extract<Task, { kind: "next-item" }>): ProtocolOptions {
  const { protocol, excludeValidationFromHistory = false } = task;
  return { protocol, rows: "test", excludeValidationFromHistory };
}
