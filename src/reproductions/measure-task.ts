/**
 * The lists of a model for one task, and what each is worth.
 */
import { InternalError } from "../common/errors.ts";
import type { FeatureSet } from "../data/features/feature-set.ts";
import { type NextFilmsSplit, targetsOf } from "../data/next-films.ts";
import type { AnySplit } from "../data/split.ts";
import { referencePopularity } from "../evaluation/evaluate.ts";
import { describeNextFilms } from "../evaluation/evaluate-next-films.ts";
import { measureNextFilms, windowHistories } from "../evaluation/measure-next-films.ts";
import { describeSecondHalves, measureSecondHalves } from "../evaluation/measure-second-halves.ts";
import { measureTargets } from "../evaluation/measure-targets.ts";
import { describeProtocol, type ProtocolOptions, targetRows } from "../evaluation/protocol.ts";
import { groupByTie, groupByUserRange } from "../evaluation/slices.ts";
import type { Recommender } from "../models/recommender.ts";
import type { Among, Task } from "./reproduction.ts";

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

/** What is known besides who watched what. */
export interface Knowledge {
  /** Of each itemIndex: `[N]`; undefined where none are known, or asked for. */
  readonly genres?: readonly (readonly string[])[] | undefined;
  readonly features: FeatureSet;
}

/** The protocol in words. */
export function describeTask(split: AnySplit, task: Task): string {
  if (split.kind === "next-films") return describeNextFilms(split, "test");
  if (task.kind === "second-half") return describeSecondHalves(split);
  const nextItem = requireNextItem(task);
  const { among } = nextItem;
  const protocol = describeProtocol(split, toProtocol(nextItem));
  return among ? `${protocol}; ${describeAmong(among)}` : protocol;
}

function describeAmong(among: Among): string {
  return among.kind === "users"
    ? `only users ${among.range[0]} to ${among.range[1]}`
    : `only targets that are ${among.name} with the film before`;
}

/**
 * Measures on the test rows of a split, all of them: `keepAmong` takes those that a task is about.
 * @throws InputError as `measureTargets` and `measureSecondHalves` do.
 */
export async function measureTask(
  recommender: Recommender,
  split: AnySplit,
  task: Task,
  { genres, features }: Knowledge,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Cases> {
  if (split.kind === "next-films") return measureWindows(recommender, split, features);
  const userFeatures = features.users?.rows;
  const shared = { ...(genres && { genres }), userFeatures, onProgress };
  if (task.kind === "second-half") {
    return measureSecondHalves(recommender, split, { ...shared, k: LIST_LENGTH });
  }
  const nextItem = requireNextItem(task);
  const options = { ...shared, ...toProtocol(nextItem), ks: [LIST_LENGTH] };
  const measured = await measureTargets(recommender, split, options, referencePopularity(split));
  return { ...measured, targets: Array.from(measured.items, (item) => Uint32Array.of(item)) };
}

/** Those of all cases of a split that a task is about. */
export function keepAmong(cases: Cases, split: AnySplit, task: Task): Cases {
  if (split.kind === "next-films" || task.kind !== "next-item" || !task.among) return cases;
  const { among } = task;
  const { interactions } = split;
  const groups =
    among.kind === "users"
      ? groupByUserRange(cases.userIndices, interactions.userIds, among.range).slice(0, 1)
      : (groupByTie(targetRows(split, toProtocol(task)), interactions) ?? []).filter(
          ({ name }) => name === among.name,
        );
  return keepCases(cases, groups[0]?.targets ?? new Uint32Array());
}

function keepCases(cases: Cases, kept: Uint32Array): Cases {
  const lists = new Int32Array(kept.length * LIST_LENGTH);
  for (const [to, c] of kept.entries()) {
    lists.set(cases.lists.subarray(c * LIST_LENGTH, (c + 1) * LIST_LENGTH), to * LIST_LENGTH);
  }
  return {
    userIndices: kept.map((c) => cases.userIndices[c]),
    historyLengths: kept.map((c) => cases.historyLengths[c]),
    targets: Array.from(kept, (c) => cases.targets[c]),
    lists,
    values: Object.fromEntries(
      Object.entries(cases.values).map(([name, values]) => [
        name,
        Float64Array.from(kept, (c) => values[c]),
      ]),
    ),
  };
}

function toProtocol(task: Extract<Task, { kind: "next-item" }>): ProtocolOptions {
  const { protocol, excludeValidationFromHistory = false, historyOrder = "recorded" } = task;
  return { protocol, rows: "test", excludeValidationFromHistory, historyOrder };
}

/** @throws InternalError where the catalog names a task that is not for its recipe's split. */
function requireNextItem(task: Task): Extract<Task, { kind: "next-item" }> {
  if (task.kind === "next-item") return task;
  throw new InternalError(`reproduce: the task ${task.kind} is for another split`);
}

/** Each window is a case; of all targets at once there is no nDCG. */
async function measureWindows(
  recommender: Recommender,
  { task, test }: NextFilmsSplit,
  { users }: FeatureSet,
): Promise<Cases> {
  const toInput = windowHistories(task, users);
  const measured = await measureNextFilms(recommender, task, test, toInput, {
    listLength: LIST_LENGTH,
  });
  const { precision, hitRate, lists } = measured;
  const { numInputs, numTargets } = task;
  return {
    userIndices: Uint32Array.from(test, (window) => task.users[window]),
    historyLengths: new Uint32Array(test.length).fill(numInputs),
    targets: Array.from(test, (window) => targetsOf(task, window)),
    lists,
    values: { [`precision@${numTargets}`]: precision, [`hitRate@${numTargets}`]: hitRate },
  };
}
