/**
 * From values by target to values by user: each user counts once, however many targets he has.
 */
import type { TargetMeasures } from "./measure-targets.ts";

/** Metric values by user, for intervals and comparisons. */
export interface PerUser {
  /** Ascending: `[U]`. */
  readonly userIndices: Uint32Array;
  /** Metric, e.g. "ndcg@10", to the mean over each user's targets: `[U]`; NaN where it has none. */
  readonly values: Readonly<Record<string, Float64Array>>;
}

/** @param targets - which targets count, ascending. Default: all. */
export function averageByUser(
  measures: Pick<TargetMeasures, "userIndices" | "values">,
  targets: Uint32Array = Uint32Array.from(measures.userIndices.keys()),
): PerUser {
  const starts = userStarts(measures.userIndices, targets);
  const userIndices = starts.slice(0, -1).map((start) => measures.userIndices[targets[start]]);
  const values: Record<string, Float64Array> = {};
  for (const [name, vector] of Object.entries(measures.values)) {
    values[name] = Float64Array.from(userIndices, (_, u) =>
      meanOf(vector, targets.subarray(starts[u], starts[u + 1])),
    );
  }
  return { userIndices, values };
}

/** Where the targets of each user start among `targets`, and their end: `[U + 1]`. */
export function userStarts(userIndices: Uint32Array, targets: Uint32Array): Uint32Array {
  const starts: number[] = [];
  for (let i = 0; i < targets.length; i++) {
    if (i === 0 || userIndices[targets[i]] !== userIndices[targets[i - 1]]) starts.push(i);
  }
  return Uint32Array.from([...starts, targets.length]);
}

/** Mean of the chosen values that are numbers; NaN where none is. */
export function meanOf(vector: Float64Array, chosen: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < chosen.length; i++) {
    const value = vector[chosen[i]];
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}
