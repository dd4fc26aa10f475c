/**
 * How much of the second half of a history is among the first places of one list, made from the
 * first half alone.
 */
import { InputError } from "../common/errors.ts";
import type { FeatureTable } from "../data/features/feature-set.ts";
import type { Split } from "../data/split.ts";
import { gapsOf } from "../data/time-gaps.ts";
import { hitRateAt, ndcgAt, precisionAt, recallAt } from "../metrics/accuracy.ts";
import { type GenreGroups, genreJaccard, genreNdcgAt, groupByGenres } from "../metrics/genres.ts";
import { topK } from "../metrics/top-k.ts";
import type { History, Recommender } from "../models/recommender.ts";
import { listAgainst } from "./list-against.ts";
import { userStarts } from "./per-user.ts";

export interface SecondHalfOptions {
  /** Where lists are cut to be measured. Default: 10. */
  readonly k?: number;
  /** How much of each list is kept, at least `k`. Default: `k`. */
  readonly listLength?: number;
  /** The genres of each itemIndex: `[N]`. Default: none, and no genre measures. */
  readonly genres?: readonly (readonly string[])[];
  /** Users scored at once. Default: 128. */
  readonly batchSize?: number;
  /** What is known of users, by their outside id, for a model that reads it. */
  readonly userFeatures?: FeatureTable["rows"] | undefined;
  /** Called after every batch. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** By user with a second half, ascending. */
export interface SecondHalfMeasures {
  /** `[U]` */
  readonly userIndices: Uint32Array;
  /** Items of each first half: `[U]`. */
  readonly historyLengths: Uint32Array;
  /** The itemIndex of what is to be found: `[U][T]`. */
  readonly targets: readonly Uint32Array[];
  /** Metric, e.g. "ndcg@10", to its value for each user: `[U]`; NaN where there is none. */
  readonly values: Readonly<Record<string, Float64Array>>;
  /** The best of each user, -1 after the end of a short list: `[U, listLength]`. */
  readonly lists: Int32Array;
  readonly listLength: number;
}

/** The protocol in words. */
export function describeSecondHalves(split: Split): string {
  return [
    "half-history split: the list is made from the first half of a history, all of the second half is relevant",
    "full ranking: every item of the catalog that is not in the first half",
    `catalog of ${split.interactions.itemIds.length} items`,
    "ties count against the targets",
    "each user counts once",
  ].join("; ");
}

/** A user's first half and what the second adds to it. */
interface Halves {
  readonly userIndex: number;
  readonly history: Uint32Array;
  readonly targets: Uint32Array;
}

/**
 * Measures nDCG, precision, recall and hit rate with all of the second half as relevant set. Genre
 * measures are means over the targets of what `genres.ts` defines for one: a film's gain is its mean
 * Jaccard index with the targets.
 * @throws InputError when the split has no test rows, the model ranks another catalog, or a score
 *   is not a number.
 */
export async function measureSecondHalves(
  recommender: Recommender,
  split: Split,
  options: SecondHalfOptions = {},
): Promise<SecondHalfMeasures> {
  const { k = 10, listLength = k, genres, batchSize = 128, userFeatures, onProgress } = options;
  const numItems = split.interactions.itemIds.length;
  requireSameCatalog(recommender, numItems);
  const users = listHalves(split);
  const gaps = gapsOf(split.interactions);
  const toHistory = ({ userIndex, history }: Halves): History => {
    const { offsets, ratings, userIds } = split.interactions;
    const [start, end] = [offsets[userIndex], offsets[userIndex] + history.length];
    return {
      items: history,
      ratings: ratings?.subarray(start, end),
      gaps: gaps?.subarray(start, end),
      user: userFeatures?.get(userIds[userIndex]),
    };
  };
  const names = ["ndcg", "precision", "recall", "hitRate", ...(genres ? GENRE_MEASURES : [])];
  const values = Object.fromEntries(
    names.map((name) => [`${name}@${k}`, new Float64Array(users.length).fill(NaN)]),
  );
  const lists = new Int32Array(users.length * listLength).fill(-1);
  const measureGenres = genres && createGenreMeasures(groupByGenres(genres), k);
  const order = Uint32Array.from(users.keys()).sort(
    (a, b) => users[a].history.length - users[b].history.length || a - b,
  );
  for (let start = 0; start < order.length; start += batchSize) {
    const batch = order.subarray(start, start + batchSize);
    const histories = Array.from(batch, (u) => toHistory(users[u]));
    const scores = await recommender.score(histories);
    for (const [b, u] of batch.entries()) {
      const row = scores.subarray(b * numItems, (b + 1) * numItems);
      const hidden = new Uint8Array(numItems);
      for (const item of users[u].history) hidden[item] = 1;
      const { userIndex, targets } = users[u];
      const where = `${recommender.name}, user ${split.interactions.userIds[userIndex]}`;
      const whole = listAgainst(row, targets, hidden, listLength, where);
      lists.set(whole, u * listLength);
      const list = whole.subarray(0, k);
      const relevant = new Set(users[u].targets);
      values[`ndcg@${k}`][u] = ndcgAt(list, relevant, k);
      values[`precision@${k}`][u] = precisionAt(list, relevant, k);
      values[`recall@${k}`][u] = recallAt(list, relevant, k);
      values[`hitRate@${k}`][u] = hitRateAt(list, relevant, k);
      for (const [name, value] of measureGenres?.(list, users[u].targets, hidden) ?? []) {
        values[`${name}@${k}`][u] = value;
      }
    }
    onProgress?.(start + batch.length, order.length);
  }
  return {
    userIndices: Uint32Array.from(users, ({ userIndex }) => userIndex),
    historyLengths: Uint32Array.from(users, ({ history }) => history.length),
    targets: users.map(({ targets }) => targets),
    values,
    lists,
    listLength,
  };
}

function requireSameCatalog({ name, numItems }: Recommender, expected: number): void {
  if (numItems === expected) return;
  throw new InputError(
    `second halves: ${name} ranks ${numItems} items, the data set has ${expected}; measure a model trained on these data`,
  );
}

/** Users whose second half has something that the first has not. */
function listHalves({ interactions, test }: Split): Halves[] {
  if (test.length === 0) {
    throw new InputError("second halves: the split has no test rows; split in halves");
  }
  const { offsets, items } = interactions;
  const owners = ownersOf(offsets, test);
  const starts = userStarts(owners, Uint32Array.from(test.keys()));
  return Array.from(starts.subarray(0, -1), (start, i) => {
    const userIndex = owners[start];
    const history = items.subarray(offsets[userIndex], test[start]);
    const seen = new Set(history);
    const found = Array.from(test.subarray(start, starts[i + 1]), (row) => items[row]);
    const targets = Uint32Array.from(new Set(found.filter((item) => !seen.has(item))));
    return { userIndex, history, targets };
  }).filter(({ targets }) => targets.length > 0);
}

/** The userIndex of each row; rows come in order. */
function ownersOf(offsets: Uint32Array, rows: Uint32Array): Uint32Array {
  let user = 0;
  return rows.map((row) => {
    while (offsets[user + 1] <= row) user++;
    return user;
  });
}

const GENRE_MEASURES = ["genrePrecision", "genreNdcg"];

type MeasureGenres = (
  list: Uint32Array,
  targets: Uint32Array,
  hidden: Uint8Array,
) => [name: string, value: number][];

/** Targets without genres say nothing; without others there are no measures. */
function createGenreMeasures({ groupOf, genresOf }: GenreGroups, k: number): MeasureGenres {
  const jaccard = genresOf.map((a) => Float64Array.from(genresOf, (b) => genreJaccard(a, b)));
  return (list, targets, hidden) => {
    const known = targets.filter((item) => genresOf[groupOf[item]].length > 0);
    if (known.length === 0) return [];
    const meanOver = (group: number, of: (similarity: number) => number): number => {
      let sum = 0;
      for (const item of known) sum += of(jaccard[group][groupOf[item]]);
      return sum / known.length;
    };
    const gainOf = Float64Array.from(genresOf, (_, group) => meanOver(group, (value) => value));
    const gains = Float64Array.from(groupOf, (group) => gainOf[group]);
    const ranked = Float64Array.from(list, (item) => gains[item]);
    const ideal = Float64Array.from(topK(gains, k, hidden), (item) => gains[item]);
    let shared = 0;
    for (const item of list) shared += meanOver(groupOf[item], (value) => (value > 0 ? 1 : 0));
    return [
      ["genrePrecision", shared / k],
      ["genreNdcg", genreNdcgAt(ranked, ideal, k)],
    ];
  };
}
