/**
 * Every metric of every target: the numbers from which reports and comparisons are made.
 */
import { InputError } from "../common/errors.ts";
import { defaultMemoryLimit, requireMemory } from "../common/memory.ts";
import type { Split } from "../data/split.ts";
import { hitRateAt, mapAt, mrrAt, ndcgAt, precisionAt, recallAt } from "../metrics/accuracy.ts";
import {
  createGenreDistance,
  createGenreGains,
  type GenreGroups,
  genreNdcgAt,
  genrePrecisionAt,
  groupByGenres,
  intraListDistanceAt,
} from "../metrics/genres.ts";
import { meanPopularityAt } from "../metrics/reach.ts";
import { topK } from "../metrics/top-k.ts";
import type { Recommender } from "../models/recommender.ts";
import { NUM_NEGATIVES, targetRows } from "./protocol.ts";
import { type RankedTarget, type RankOptions, rankTargets } from "./rank-targets.ts";

export interface MeasureOptions extends RankOptions {
  /** Lengths at which lists are cut. Default: 1, 5, 10, 20. */
  readonly ks?: readonly number[];
  /** The genres of each itemIndex: `[N]`. Default: none, and no genre measures. */
  readonly genres?: readonly (readonly string[])[];
  /** Default: half of the machine's memory. */
  readonly memoryLimitBytes?: number;
}

/** What was measured, by target, in the order of their rows. */
export interface TargetMeasures {
  /** By target: `[T]`, ascending. */
  readonly userIndices: Uint32Array;
  /** By target: `[T]`. */
  readonly items: Uint32Array;
  /** Items shown to the model, or that would be if it knew them: `[T]`. */
  readonly historyLengths: Uint32Array;
  /** Metric, e.g. "ndcg@10", to its value for each target: `[T]`; NaN where it has none. */
  readonly values: Readonly<Record<string, Float64Array>>;
  /** The best of each target, -1 after the end of a short list: `[T, listLength]`. */
  readonly lists: Int32Array;
  readonly listLength: number;
  readonly unknownTargets: number;
  readonly unknownHistoryItems: number;
  /** Targets with nothing before them: the model is shown an empty history. */
  readonly targetsWithoutHistory: number;
  readonly targetsWithoutGenres: number;
  /** Targets of a sampled protocol with fewer than 100 negatives to be had. */
  readonly targetsShortOfNegatives: number;
}

const DEFAULT_KS = [1, 5, 10, 20];
const GENRE_MEASURES = ["genrePrecision", "genreNdcg"];
const ACCURACY = {
  hitRate: hitRateAt,
  recall: recallAt,
  precision: precisionAt,
  ndcg: ndcgAt,
  mrr: mrrAt,
  map: mapAt,
};

/** The lengths at which lists are cut, ascending, each once. */
export function cutoffs(options: MeasureOptions): number[] {
  const ks = [...new Set(options.ks ?? DEFAULT_KS)].sort((a, b) => a - b);
  const wrong = ks.find((k) => !Number.isInteger(k) || k < 1);
  if (ks.length > 0 && wrong === undefined) return ks;
  throw new InputError(`evaluate: k must be one or more whole numbers from 1, got ${options.ks}`);
}

/**
 * @param counts - training interactions of each item: `[N]`.
 * @param visit - sees each ranked target as well, e.g. to write it down.
 * @param visitLength - the length of the lists that `visit` needs.
 * @throws InputError when the options are wrong, a score is not a number, or memory would not do.
 */
export async function measureTargets(
  recommender: Recommender,
  split: Split,
  options: MeasureOptions,
  counts: ArrayLike<number>,
  visit: (target: RankedTarget) => void = () => {},
  visitLength = 0,
): Promise<TargetMeasures> {
  const ks = cutoffs(options);
  const listLength = ks[ks.length - 1];
  requireEvaluationMemory(recommender, split, options);
  const total = targetRows(split, options).length;
  const values = createVectors(total, ks, options.genres !== undefined);
  const genres = options.genres && groupByGenres(options.genres);
  const compare = genres && {
    genres,
    gains: createGenreGains(genres),
    distance: createGenreDistance(genres),
  };
  const userIndices = new Uint32Array(total);
  const items = new Uint32Array(total);
  const historyLengths = new Uint32Array(total);
  const lists = new Int32Array(total * listLength).fill(-1);
  const found = { unknown: 0, unknownHistoryItems: 0, withoutGenres: 0, shortOfNegatives: 0 };
  const record = (target: RankedTarget): void => {
    const { index, ranked } = target;
    userIndices[index] = target.userIndex;
    items[index] = target.item;
    historyLengths[index] = target.history.length;
    lists.set(ranked.subarray(0, listLength), index * listLength);
    recordAccuracy(values, target, ks, counts);
    if (compare && !recordGenres(values, target, ks, compare)) found.withoutGenres++;
    if (!target.isKnown) found.unknown++;
    found.unknownHistoryItems += target.numUnknownItems;
    const isShort = options.protocol !== "full" && target.numCompetitors < NUM_NEGATIVES;
    if (isShort) found.shortOfNegatives++;
    visit(target);
  };
  const length = Math.max(listLength, visitLength);
  await rankTargets(recommender, split, options, counts, length, record);
  return {
    userIndices,
    items,
    historyLengths,
    values,
    lists,
    listLength,
    unknownTargets: found.unknown,
    unknownHistoryItems: found.unknownHistoryItems,
    targetsWithoutHistory: historyLengths.filter((length) => length === 0).length,
    targetsWithoutGenres: found.withoutGenres,
    targetsShortOfNegatives: found.shortOfNegatives,
  };
}

function createVectors(
  total: number,
  ks: readonly number[],
  hasGenres: boolean,
): Record<string, Float64Array> {
  const genreNames = hasGenres ? GENRE_MEASURES : [];
  // One film has no other to be unlike.
  const pairs = hasGenres ? ks.filter((k) => k > 1).map((k) => `intraListDistance@${k}`) : [];
  const names = [...Object.keys(ACCURACY), "meanPopularity", ...genreNames];
  const keys = [...names.flatMap((name) => ks.map((k) => `${name}@${k}`)), ...pairs];
  return Object.fromEntries(keys.map((key) => [key, new Float64Array(total).fill(NaN)]));
}

function recordAccuracy(
  values: Record<string, Float64Array>,
  { index, ranked, item }: RankedTarget,
  ks: readonly number[],
  counts: ArrayLike<number>,
): void {
  const relevant = new Set([item]);
  for (const k of ks) {
    for (const [name, metric] of Object.entries(ACCURACY)) {
      values[`${name}@${k}`][index] = metric(ranked, relevant, k);
    }
    values[`meanPopularity@${k}`][index] = meanPopularityAt(ranked, counts, k);
  }
}

/** What the genres of two films have to do with each other. */
interface GenreComparison {
  readonly genres: GenreGroups;
  readonly gains: (target: number) => Float64Array;
  readonly distance: (a: number, b: number) => number;
}

/** Says whether the target has genres to be compared with. */
function recordGenres(
  values: Record<string, Float64Array>,
  { index, ranked, item, hidden }: RankedTarget,
  ks: readonly number[],
  { genres, gains: gainsOf, distance }: GenreComparison,
): boolean {
  for (const k of ks.filter((length) => length > 1)) {
    values[`intraListDistance@${k}`][index] = intraListDistanceAt(ranked, distance, k);
  }
  if (genres.genresOf[genres.groupOf[item]].length === 0) return false;
  const gains = gainsOf(item);
  const rankedGains = Float64Array.from(ranked, (i) => gains[i]);
  const best = topK(gains, ks[ks.length - 1], hidden);
  const idealGains = Float64Array.from(best, (i) => gains[i]);
  for (const k of ks) {
    values[`genrePrecision@${k}`][index] = genrePrecisionAt(rankedGains, k);
    values[`genreNdcg@${k}`][index] = genreNdcgAt(rankedGains, idealGains, k);
  }
  return true;
}

/**
 * Bytes that measuring needs at its peak: the scores of a batch, once in the model's hands and once
 * in ours, and the values and lists of every target.
 */
export function memoryNeeded(
  recommender: Recommender,
  split: Split,
  options: MeasureOptions,
): number {
  const { batchSize = 128, genres } = options;
  const ks = cutoffs(options);
  const numMetrics =
    ks.length * (Object.keys(ACCURACY).length + 1 + (genres ? GENRE_MEASURES.length + 1 : 0));
  const scores = 2 * 4 * batchSize * recommender.numItems;
  const masks = 16 * split.interactions.itemIds.length;
  const perTarget = 8 * numMetrics * 2 + 4 * ks[ks.length - 1] + 128;
  return scores + masks + perTarget * targetRows(split, options).length;
}

function requireEvaluationMemory(
  recommender: Recommender,
  split: Split,
  options: MeasureOptions,
): void {
  const { batchSize = 128, memoryLimitBytes = defaultMemoryLimit() } = options;
  requireMemory(
    `evaluate: scoring ${recommender.numItems} items for ${batchSize} histories at a time`,
    memoryNeeded(recommender, split, options),
    memoryLimitBytes,
    "use a machine with more memory, or fewer items (--min-item-interactions); in the library, lower batchSize",
  );
}
