/**
 * Measures a recommender on held-out rows: the one place from which reported numbers come.
 */
import { userOfRow } from "../data/interactions.ts";
import type { Split } from "../data/split.ts";
import { trainingInteractions } from "../data/split.ts";
import { countItems } from "../models/popularity.ts";
import type { Recommender } from "../models/recommender.ts";
import { type BootstrapOptions, bootstrapMeans, type Estimate } from "./bootstrap.ts";
import { bootstrapCoverage } from "./bootstrap-coverage.ts";
import { DUMP_LENGTH, withDump } from "./dump.ts";
import {
  cutoffs,
  type MeasureOptions,
  measureTargets,
  type TargetMeasures,
} from "./measure-targets.ts";
import { averageByUser, meanOf, type PerUser } from "./per-user.ts";
import { describeProtocol, type HistoryOrder, type Protocol, targetRows } from "./protocol.ts";
import {
  groupByHistoryLength,
  groupByPopularity,
  groupByTie,
  groupByUserRange,
  type TargetGroup,
  type UserRange,
} from "./slices.ts";

export interface EvaluateOptions extends MeasureOptions, BootstrapOptions {
  /** Where to write the rankings, as JSON lines. Default: nowhere. */
  readonly dumpPath?: string;
  /** Users, by ids that are numbers, whose targets get numbers of their own. Default: none. */
  readonly userRange?: UserRange;
}

/** The numbers of one group of targets. */
export interface Slice {
  readonly name: string;
  readonly numUsers: number;
  readonly numTargets: number;
  readonly metrics: Readonly<Record<string, Estimate>>;
}

/** What an evaluation found, as plain data. */
export interface EvaluationReport {
  readonly model: string;
  readonly protocol: Protocol;
  readonly rows: "validation" | "test";
  readonly excludeValidationFromHistory: boolean;
  /** "shuffled" where the numbers are those of histories in another order than that of the data. */
  readonly historyOrder: HistoryOrder;
  /** The protocol in words. */
  readonly description: string;
  readonly seed: number;
  readonly numResamples: number;
  readonly ks: readonly number[];
  /** Users with at least one target. */
  readonly numUsers: number;
  readonly numTargets: number;
  /** Items of the data set's catalog. */
  readonly numItems: number;
  /** Targets that the model does not know; each is a miss. */
  readonly unknownTargets: number;
  /** Items of the histories that the model does not know and was not shown. */
  readonly unknownHistoryItems: number;
  /** Targets with nothing before them: of an empty history a model says what it says of anyone. */
  readonly targetsWithoutHistory: number;
  /** Targets without genres, which the genre measures leave out; null where no genres are known. */
  readonly targetsWithoutGenres: number | null;
  /** Targets of a sampled protocol with fewer than 100 negatives to be had. */
  readonly targetsShortOfNegatives: number;
  /** E.g. "ndcg@10" to its value and 95 % interval. */
  readonly metrics: Readonly<Record<string, Estimate>>;
  readonly slices: {
    readonly historyLength: readonly Slice[];
    readonly targetPopularity: readonly Slice[];
    /** By whether the target has the same second as the item before it; null without times. */
    readonly tie: readonly Slice[] | null;
    /** The users of `userRange` and the others; null where it was not given. */
    readonly userRange: readonly Slice[] | null;
  };
}

export interface Evaluation {
  readonly report: EvaluationReport;
  /** What `compare` needs. */
  readonly perUser: PerUser;
}

/** How often each item occurs in the split's training rows: `[N]`. */
export function referencePopularity(split: Split): Int32Array {
  return countItems(trainingInteractions(split));
}

/**
 * Every metric with its interval, for all targets and for slices of them.
 * @throws InputError when the options are wrong, a score is not a number, or memory would not do.
 * @throws EnvironmentError when the rankings cannot be written.
 */
export async function evaluate(
  recommender: Recommender,
  split: Split,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const counts = referencePopularity(split);
  // Measuring may take long, so what may be refused is worked out before.
  const ownGroups = groupRows(split, options);
  const measures = await measureAndDump(recommender, split, options, counts);
  const perUser = averageByUser(measures);
  const numItems = split.interactions.itemIds.length;
  const ks = cutoffs(options);
  const coverage = ks.map((k): [string, Estimate] => [
    `coverage@${k}`,
    bootstrapCoverage(measures, k, numItems, options),
  ]);
  const slice = (groups: readonly TargetGroup[]): Slice[] => toSlices(measures, groups, options);
  const report: EvaluationReport = {
    model: recommender.name,
    protocol: options.protocol,
    rows: options.rows,
    excludeValidationFromHistory: options.excludeValidationFromHistory ?? false,
    historyOrder: options.historyOrder ?? "recorded",
    description: describeProtocol(split, options),
    seed: options.seed ?? 1,
    numResamples: options.numResamples ?? 1000,
    ks,
    numUsers: perUser.userIndices.length,
    numTargets: measures.items.length,
    numItems,
    unknownTargets: measures.unknownTargets,
    unknownHistoryItems: measures.unknownHistoryItems,
    targetsWithoutHistory: measures.targetsWithoutHistory,
    targetsWithoutGenres: options.genres === undefined ? null : measures.targetsWithoutGenres,
    targetsShortOfNegatives: measures.targetsShortOfNegatives,
    metrics: { ...bootstrapMeans(perUser.values, options), ...Object.fromEntries(coverage) },
    slices: {
      historyLength: slice(groupByHistoryLength(measures.historyLengths)),
      targetPopularity: slice(groupByPopularity(measures.items, counts)),
      tie: ownGroups.tie && slice(ownGroups.tie),
      userRange: ownGroups.userRange && slice(ownGroups.userRange),
    },
  };
  return { report, perUser };
}

/**
 * The means alone, e.g. `{"ndcg@10": 0.17}`: no intervals, slices or coverage. For choosing settings
 * and for stopping a training early.
 * @throws InputError as `evaluate` does.
 */
export async function measure(
  recommender: Recommender,
  split: Split,
  options: MeasureOptions,
): Promise<Record<string, number>> {
  const measures = await measureTargets(recommender, split, options, referencePopularity(split));
  const { values, userIndices } = averageByUser(measures);
  const users = Uint32Array.from(userIndices.keys());
  return Object.fromEntries(
    Object.entries(values).map(([name, vector]) => [name, meanOf(vector, users)]),
  );
}

async function measureAndDump(
  recommender: Recommender,
  split: Split,
  options: EvaluateOptions,
  counts: Int32Array,
): Promise<TargetMeasures> {
  const { dumpPath, historyOrder } = options;
  // Every line says what must not be taken for an ordinary ranking.
  const mark = historyOrder === "shuffled" ? { historyOrder } : undefined;
  return withDump(dumpPath, split.interactions, (dump) =>
    dump
      ? measureTargets(
          recommender,
          split,
          options,
          counts,
          ({ userIndex, item, ranked }) => dump.write(userIndex, item, ranked, mark),
          DUMP_LENGTH,
        )
      : measureTargets(recommender, split, options, counts),
  );
}

/** The groups that do not depend on what is measured; null where they make no sense. */
function groupRows(
  split: Split,
  options: EvaluateOptions,
): Record<"tie" | "userRange", TargetGroup[] | null> {
  const { interactions } = split;
  const { offsets, userIds } = interactions;
  const { userRange } = options;
  const rows = targetRows(split, options);
  const users = rows.map((row) => userOfRow(offsets, row));
  return {
    tie: groupByTie(rows, interactions),
    userRange: userRange ? groupByUserRange(users, userIds, userRange) : null,
  };
}

function toSlices(
  measures: TargetMeasures,
  groups: readonly TargetGroup[],
  options: BootstrapOptions,
): Slice[] {
  return groups.map(({ name, targets }) => {
    const { userIndices, values } = averageByUser(measures, targets);
    return {
      name,
      numUsers: userIndices.length,
      numTargets: targets.length,
      metrics: bootstrapMeans(values, options),
    };
  });
}
