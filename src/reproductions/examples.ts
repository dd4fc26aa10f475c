/**
 * Some recommendations to look at, with what their users went on to watch.
 */
import type { FeatureTable } from "../data/features/feature-set.ts";
import { describeFilm } from "../data/films/title-index.ts";
import type { Film } from "../data/interactions.ts";
import { type NextFilmsSplit, targetsOf } from "../data/next-films.ts";
import { type AnySplit, allInteractions } from "../data/split.ts";
import { referencePopularity } from "../evaluation/evaluate.ts";
import { listTargets } from "../evaluation/histories.ts";
import { windowHistories } from "../evaluation/measure-next-films.ts";
import { toModelHistory, withoutNewItems } from "../evaluation/rank-targets.ts";
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
  /** The items of the history, oldest first. */
  readonly watched: ArrayLike<number>;
  /** What the model is told of it. */
  readonly history: History;
  readonly wanted: number[];
  /** Whether the model cannot have known an item. */
  readonly isUnknown: (item: number) => boolean;
}

/** Of ten users, evenly spread over those with test rows: the best ten of the whole catalog. */
export async function findExamples(
  { model, split }: OpenModel,
  { data: { films }, features }: OpenPart,
): Promise<Example[]> {
  const { itemIds, userIds } = allInteractions(split);
  const name = (item: number): string => nameOf(films.get(itemIds[item]), itemIds[item]);
  const chosen = spread(listCases(split, model, features.users), NUM_EXAMPLES);
  const scores = await model.recommender.score(chosen.map(({ history }) => history));
  return chosen.map(({ user, watched: items, wanted, isUnknown }, b) => {
    const watched = Array.from(items);
    const hidden = Uint8Array.from(itemIds, (_, item) => Number(isUnknown(item)));
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
function listCases(
  split: AnySplit,
  { recommender }: OpenModel["model"],
  users: FeatureTable | null,
): Case[] {
  if (split.kind === "next-films") return listWindows(split, users);
  const { userIds, timestamps } = split.interactions;
  const modelItemOf = withoutNewItems(recommender, split, undefined, referencePopularity(split));
  const firsts = new Map<number, Case>();
  // Only the first of each user is shown a history; the others are what came as well.
  for (const target of listTargets(split, { protocol: "full", rows: "test" })) {
    const { userIndex, item, history } = target;
    const first = firsts.get(userIndex);
    if (first) first.wanted.push(item);
    else {
      firsts.set(userIndex, {
        user: userIndex,
        watched: history,
        history: {
          ...toModelHistory(target, modelItemOf),
          user: users?.rows.get(userIds[userIndex]),
          time: timestamps?.[target.row],
        },
        wanted: [item],
        isUnknown: (other) => (modelItemOf?.[other] ?? other) < 0,
      });
    }
  }
  return [...firsts.values()];
}

function listWindows({ task, test }: NextFilmsSplit, users: FeatureTable | null): Case[] {
  const toHistory = windowHistories(task, users);
  const firsts = new Map(Array.from(test.toReversed(), (window) => [task.users[window], window]));
  return [...firsts].reverse().map(([user, window]) => {
    const history = toHistory(window);
    const wanted = [...targetsOf(task, window)];
    return { user, watched: history.items, history, wanted, isUnknown: () => false };
  });
}

function spread<T>(values: readonly T[], count: number): T[] {
  const length = Math.min(count, values.length);
  return Array.from({ length }, (_, i) => values[Math.floor((i * values.length) / length)]);
}

function nameOf(film: Film | undefined, itemId: string): string {
  return film?.title ? describeFilm(film) : `item ${itemId}`;
}
