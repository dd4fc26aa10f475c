/**
 * Some recommendations to look at, with what their users went on to watch.
 */
import type { FeatureTable } from "../data/features/feature-set.ts";
import { describeFilm } from "../data/films/title-index.ts";
import type { Film } from "../data/interactions.ts";
import { userOfRow } from "../data/interactions.ts";
import { targetsOf } from "../data/next-films.ts";
import { type AnySplit, allInteractions } from "../data/split.ts";
import { windowHistories } from "../evaluation/measure-next-films.ts";
import { topK } from "../metrics/top-k.ts";
import type { History } from "../models/recommender.ts";
import { LIST_LENGTH } from "./measure-task.ts";
import type { OpenModel, OpenPart } from "./open-part.ts";

export interface Example {
  readonly userId: string;
  /** The newest films of the history, oldest first. */
  readonly history: readonly string[];
  readonly historyLength: number;
  readonly recommended: readonly { readonly film: string; readonly isHit: boolean }[];
  /** What was to be found, the first of it. */
  readonly wanted: readonly string[];
  readonly numWanted: number;
}

const NUM_EXAMPLES = 10;
const NUM_SHOWN = 5;

/** What is shown of a user, and what he then watched. */
interface Case {
  readonly user: number;
  readonly history: History;
  readonly wanted: readonly number[];
}

/** Of ten users, evenly spread over those with test rows: the best ten of the whole catalog. */
export async function findExamples(
  { model: { recommender }, split }: OpenModel,
  { data: { films }, features }: OpenPart,
): Promise<Example[]> {
  const { itemIds, userIds } = allInteractions(split);
  const name = (item: number): string => nameOf(films.get(itemIds[item]), itemIds[item]);
  const chosen = spread(listCases(split, features.users), NUM_EXAMPLES);
  const scores = await recommender.score(chosen.map(({ history }) => history));
  return chosen.map(({ user, history, wanted }, b) => {
    const watched = Array.from(history.items);
    const hidden = new Uint8Array(itemIds.length);
    for (const item of watched) hidden[item] = 1;
    const row = scores.subarray(b * itemIds.length, (b + 1) * itemIds.length);
    const isWanted = new Set(wanted);
    return {
      userId: userIds[user],
      history: watched.slice(-NUM_SHOWN).map(name),
      historyLength: watched.length,
      recommended: Array.from(topK(row, LIST_LENGTH, hidden), (item) => ({
        film: name(item),
        isHit: isWanted.has(item),
      })),
      wanted: wanted.slice(0, NUM_SHOWN).map(name),
      numWanted: wanted.length,
    };
  });
}

/** One for each user with something in the test. */
function listCases(split: AnySplit, users: FeatureTable | null): Case[] {
  if (split.kind === "next-films") {
    const { task, test } = split;
    const toHistory = windowHistories(task, users);
    const firsts = new Map(Array.from(test.toReversed(), (window) => [task.users[window], window]));
    return [...firsts].reverse().map(([user, window]) => ({
      user,
      history: toHistory(window),
      wanted: [...targetsOf(task, window)],
    }));
  }
  const { interactions, test } = split;
  const { offsets, items, ratings, userIds } = interactions;
  const rowsOf = new Map<number, number[]>();
  for (const row of test) {
    const user = userOfRow(offsets, row);
    const rows = rowsOf.get(user);
    if (rows) rows.push(row);
    else rowsOf.set(user, [row]);
  }
  return Array.from(rowsOf, ([user, rows]) => ({
    user,
    history: {
      items: items.subarray(offsets[user], rows[0]),
      ratings: ratings?.subarray(offsets[user], rows[0]),
      user: users?.rows.get(userIds[user]),
    },
    wanted: rows.map((row) => items[row]),
  }));
}

function spread<T>(values: readonly T[], count: number): T[] {
  const length = Math.min(count, values.length);
  return Array.from({ length }, (_, i) => values[Math.floor((i * values.length) / length)]);
}

function nameOf(film: Film | undefined, itemId: string): string {
  return film?.title ? describeFilm(film) : `item ${itemId}`;
}
