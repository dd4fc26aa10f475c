/**
 * Some recommendations to look at, with what their users went on to watch.
 */

import { describeFilm } from "../data/films/title-index.ts";
import type { Film } from "../data/interactions.ts";
import { userOfRow } from "../data/interactions.ts";
import type { Split } from "../data/split.ts";
import { topK } from "../metrics/top-k.ts";
import type { Recommender } from "../models/recommender.ts";
import { LIST_LENGTH } from "./measure-task.ts";

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

/** Of ten users, evenly spread over those with test rows: the best ten of the whole catalog. */
export async function findExamples(
  recommender: Recommender,
  { interactions, test }: Split,
  films: ReadonlyMap<string, Film>,
): Promise<Example[]> {
  const { offsets, items, itemIds, userIds } = interactions;
  const firstTestRow = new Map<number, number>();
  for (const row of test.toReversed()) firstTestRow.set(userOfRow(offsets, row), row);
  const users = [...firstTestRow.keys()].sort((a, b) => a - b);
  const chosen = spread(users, NUM_EXAMPLES);
  const inTest = new Set(test);
  const name = (item: number): string => nameOf(films.get(itemIds[item]), itemIds[item]);
  const histories = chosen.map((user) => items.subarray(offsets[user], firstTestRow.get(user)));
  const scores = await recommender.score(histories.map((history) => ({ items: history })));
  return chosen.map((user, b) => {
    const hidden = new Uint8Array(itemIds.length);
    for (const item of histories[b]) hidden[item] = 1;
    const row = scores.subarray(b * itemIds.length, (b + 1) * itemIds.length);
    const wanted = Array.from(items.subarray(offsets[user], offsets[user + 1])).filter((_, i) =>
      inTest.has(offsets[user] + i),
    );
    const isWanted = new Set(wanted);
    return {
      userId: userIds[user],
      history: Array.from(histories[b].slice(-NUM_SHOWN), name),
      historyLength: histories[b].length,
      recommended: Array.from(topK(row, LIST_LENGTH, hidden), (item) => ({
        film: name(item),
        isHit: isWanted.has(item),
      })),
      wanted: wanted.slice(0, NUM_SHOWN).map(name),
      numWanted: wanted.length,
    };
  });
}

function spread<T>(values: readonly T[], count: number): T[] {
  const length = Math.min(count, values.length);
  return Array.from({ length }, (_, i) => values[Math.floor((i * values.length) / length)]);
}

function nameOf(film: Film | undefined, itemId: string): string {
  return film?.title ? describeFilm(film) : `item ${itemId}`;
}
