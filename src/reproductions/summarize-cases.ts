/**
 * From cases to numbers: means with intervals, by genre and by length of history.
 */
import { InputError } from "../common/errors.ts";
import { bootstrapCases, bootstrapMeans, type Estimate } from "../evaluation/bootstrap.ts";
import { averageByUser } from "../evaluation/per-user.ts";
import { groupByHistoryLength } from "../evaluation/slices.ts";
import { ndcgAt } from "../metrics/accuracy.ts";
import { type Cases, LIST_LENGTH } from "./measure-task.ts";
import type { Task } from "./reproduction.ts";

/** A part of the cases. */
export interface Group {
  readonly name: string;
  readonly numUsers: number;
  readonly estimate: Estimate;
}

/**
 * What several seeds of one model reach together: the mean of each case's values. Where each has a
 * split of its own, and so other cases, all of them.
 */
export function averageCases(models: readonly Cases[], task: Task): Cases {
  const [first] = models;
  if (task.kind === "next-films") return joinCases(models);
  return { ...first, values: meanValues(models) };
}

function joinCases(models: readonly Cases[]): Cases {
  const names = Object.keys(models[0].values);
  const joined = (name: string): Float64Array =>
    Float64Array.from(models.flatMap(({ values }) => [...values[name]]));
  return {
    userIndices: Uint32Array.from(models.flatMap(({ userIndices }) => [...userIndices])),
    historyLengths: Uint32Array.from(models.flatMap(({ historyLengths }) => [...historyLengths])),
    targets: models.flatMap(({ targets }) => targets),
    lists: Int32Array.from(models.flatMap(({ lists }) => [...lists])),
    values: Object.fromEntries(names.map((name) => [name, joined(name)])),
  };
}

function meanValues(models: readonly Cases[]): Cases["values"] {
  const [first] = models;
  return Object.fromEntries(
    Object.keys(first.values).map((name) => [
      name,
      first.values[name].map(
        (_, i) => models.reduce((sum, { values }) => sum + values[name][i], 0) / models.length,
      ),
    ]),
  );
}

/** Means over users, of the next films over windows, with 95 % intervals. */
export function estimate(
  { userIndices, values }: Pick<Cases, "userIndices" | "values">,
  task: Task,
): Readonly<Record<string, Estimate>> {
  return task.kind === "next-films"
    ? bootstrapCases(values, userIndices)
    : bootstrapMeans(averageByUser({ userIndices, values }).values);
}

/** `a` minus `b`, case by case. @throws InputError unless both have the same cases. */
export function difference(a: Cases, b: Cases, task: Task): Readonly<Record<string, Estimate>> {
  const { userIndices } = a;
  const isSame =
    userIndices.length === b.userIndices.length &&
    userIndices.every((user, c) => user === b.userIndices[c]);
  if (!isSame) {
    throw new InputError(
      "reproduce: models of two lines were not measured on the same cases; give both with the same seeds",
    );
  }
  const minus = Object.entries(a.values).map(([name, values]): [string, Float64Array] => [
    name,
    values.map((value, c) => value - b.values[name][c]),
  ]);
  return estimate({ userIndices, values: Object.fromEntries(minus) }, task);
}

/** nDCG@10 of users with so many items of history. */
export function byHistoryLength(cases: Cases): Group[] {
  if (!(`ndcg@${LIST_LENGTH}` in cases.values)) return [];
  return groupByHistoryLength(cases.historyLengths).flatMap(({ name, targets }) => {
    const values = { ndcg: pick(cases.values[`ndcg@${LIST_LENGTH}`], targets) };
    return toGroup(name, { userIndices: pick(cases.userIndices, targets), values });
  });
}

/**
 * nDCG@10 for the targets of each genre alone, the genre with most cases first; one target may count
 * for several genres.
 * @param genres - of each itemIndex: `[N]`.
 */
export function byGenre(cases: Cases, genres: readonly (readonly string[])[]): Group[] {
  const names = [...new Set(genres.flat())].sort();
  const groups = names.flatMap((name) => {
    const values = { ndcg: Float64Array.from(cases.targets, (_, c) => ndcgOf(cases, c, name)) };
    return toGroup(name, { userIndices: cases.userIndices, values });
  });
  return groups.sort((a, b) => b.numUsers - a.numUsers);

  function ndcgOf({ targets, lists }: Cases, index: number, genre: string): number {
    const relevant = new Set(targets[index].filter((item) => genres[item].includes(genre)));
    if (relevant.size === 0) return NaN;
    const list = lists.subarray(index * LIST_LENGTH, (index + 1) * LIST_LENGTH);
    return ndcgAt(list, relevant, LIST_LENGTH);
  }
}

function toGroup(name: string, cases: Pick<Cases, "userIndices" | "values">): Group[] {
  const { values } = averageByUser(cases);
  const { ndcg } = bootstrapMeans(values);
  const numUsers = values.ndcg.filter((value) => !Number.isNaN(value)).length;
  return ndcg === undefined ? [] : [{ name, numUsers, estimate: ndcg }];
}

function pick<T extends Uint32Array | Float64Array>(from: T, chosen: Uint32Array): T {
  const picked = from.slice(0, chosen.length) as T;
  for (const [to, at] of chosen.entries()) picked[to] = from[at];
  return picked;
}
