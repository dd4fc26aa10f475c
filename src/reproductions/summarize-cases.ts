/**
 * From cases to numbers: means with intervals, by genre and by length of history.
 */
import { bootstrapMeans, type Estimate } from "../evaluation/bootstrap.ts";
import { averageByUser } from "../evaluation/per-user.ts";
import { groupByHistoryLength } from "../evaluation/slices.ts";
import { ndcgAt } from "../metrics/accuracy.ts";
import { type Cases, LIST_LENGTH } from "./measure-task.ts";

/** A part of the cases. */
export interface Group {
  readonly name: string;
  readonly numUsers: number;
  readonly estimate: Estimate;
}

/** What several seeds of one model reach together: the mean of each case's values. */
export function averageCases(models: readonly Cases[]): Cases["values"] {
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

/** Means over users with 95 % intervals. */
export function estimate(
  cases: Pick<Cases, "userIndices" | "values">,
): Readonly<Record<string, Estimate>> {
  return bootstrapMeans(averageByUser(cases).values);
}

/** nDCG@10 of users with so many items of history. */
export function byHistoryLength(cases: Cases): Group[] {
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
