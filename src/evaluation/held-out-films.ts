/**
 * How well films are recommended that came after training: every interaction with one is a target,
 * to be found from what its user had watched before.
 */
import type { Interactions } from "../data/interactions.ts";
import type { Split } from "../data/split.ts";
import type { Recommender } from "../models/recommender.ts";
import { type BootstrapOptions, bootstrapMeans, type Estimate } from "./bootstrap.ts";
import { DUMP_LENGTH, type Dump, withDump } from "./dump.ts";
import { listTargets } from "./histories.ts";
import { averageByUser, type PerUser } from "./per-user.ts";
import {
  hideUnknown,
  rankTarget,
  scoreBatch,
  toDatasetScores,
  toModelHistory,
} from "./rank-targets.ts";

/** What a target competes with: every film not seen before, or those of them that came later. */
export const FIELDS = ["all", "held-out"] as const;

export type Field = (typeof FIELDS)[number];

export interface HeldOutFilms {
  /** With the films that were held out from training. */
  readonly interactions: Interactions;
  /** 1 for each such film: `[N]`. */
  readonly isHeldOut: Uint8Array;
}

export interface HeldOutOptions extends BootstrapOptions {
  readonly ks: readonly number[];
  /** The model's item of each item of the data set, -1 where it has none. Default: the same. */
  readonly modelItemOf?: Int32Array;
  /** How many targets are scored at once. Default: 128. */
  readonly batchSize?: number;
  /** The file to write what was ranked to. Default: none. */
  readonly dumpPath?: string | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What one recommender reached. */
export interface HeldOutScores {
  readonly model: string;
  readonly numTargets: number;
  /** E.g. "recall@10" to its value and 95 % interval. */
  readonly metrics: Readonly<Record<Field, Readonly<Record<string, Estimate>>>>;
  /** What `subtract` needs, as "all recall@10". */
  readonly perUser: PerUser;
}

/** The rows with a film that was held out, ascending, of users who had watched something before. */
export function heldOutRows({ interactions, isHeldOut }: HeldOutFilms): Uint32Array {
  const { offsets, items } = interactions;
  const isFirst = new Uint8Array(items.length);
  for (const start of offsets) if (start < items.length) isFirst[start] = 1;
  return Uint32Array.from(items.keys()).filter((row) => isHeldOut[items[row]] && !isFirst[row]);
}

/** The protocol in words. */
export function describeHeldOut({ interactions, isHeldOut }: HeldOutFilms): string {
  const numHeldOut = isHeldOut.reduce((sum, value) => sum + value, 0);
  return [
    `held-out films, ${numHeldOut} of ${isHeldOut.length}, unknown to training`,
    "each interaction with one is a target, found from all that its user had watched before",
    "full ranking: against every film of the catalog, or every held-out film, that the user had not seen before it",
    `catalog of ${interactions.itemIds.length} items`,
    "ties count against the target",
    "each user counts once",
  ].join("; ");
}

/**
 * @throws InputError when a score is not a number, or there is no target.
 */
export async function measureHeldOutFilms(
  recommender: Recommender,
  films: HeldOutFilms,
  options: HeldOutOptions,
): Promise<HeldOutScores> {
  const { userIndices, ranks } = await withDump(options.dumpPath, films.interactions, (dump) =>
    rankHeldOut(recommender, films, dump, options),
  );
  const values: Record<string, Float64Array> = {};
  for (const field of FIELDS) {
    for (const k of options.ks) {
      values[`${field} recall@${k}`] = ranks[field].map((rank) => recallOf(rank, k));
      values[`${field} ndcg@${k}`] = ranks[field].map((rank) => ndcgOf(rank, k));
    }
  }
  const perUser = averageByUser({ userIndices, values });
  const metrics = byField(perUser.values, options);
  return { model: recommender.name, numTargets: userIndices.length, metrics, perUser };
}

/** With one relevant film both follow from its place alone, as `metrics/accuracy.ts` says. */
const recallOf = (rank: number, k: number): number => (rank <= k ? 1 : 0);
const ndcgOf = (rank: number, k: number): number => (rank <= k ? 1 / Math.log2(rank + 1) : 0);

/** `a` minus `b`, user by user (paired bootstrap). */
export function subtract(
  a: HeldOutScores,
  b: HeldOutScores,
  options: BootstrapOptions,
): HeldOutScores["metrics"] {
  const differences = Object.entries(a.perUser.values).map(
    ([name, values]) =>
      [name, values.map((value, u) => value - b.perUser.values[name][u])] as const,
  );
  return byField(Object.fromEntries(differences), options);
}

function byField(
  values: Readonly<Record<string, Float64Array>>,
  options: BootstrapOptions,
): HeldOutScores["metrics"] {
  const estimates = Object.entries(bootstrapMeans(values, options));
  const of = (field: Field): Record<string, Estimate> =>
    Object.fromEntries(
      estimates
        .filter(([name]) => name.startsWith(`${field} `))
        .map(([name, estimate]) => [name.slice(field.length + 1), estimate]),
    );
  return { all: of("all"), "held-out": of("held-out") };
}

/** The place of every target, in both fields. */
async function rankHeldOut(
  recommender: Recommender,
  films: HeldOutFilms,
  dump: Dump | null,
  { modelItemOf, batchSize = 128, onProgress }: HeldOutOptions,
): Promise<{ userIndices: Uint32Array; ranks: Record<Field, Float64Array> }> {
  const { interactions, isHeldOut } = films;
  const { offsets, items, userIds } = interactions;
  const targets = listTargets(asSplit(films), { protocol: "full", rows: "test" });
  const ranks = {
    all: new Float64Array(targets.length),
    "held-out": new Float64Array(targets.length),
  };
  // Batches of like lengths need little padding.
  const order = Uint32Array.from(targets.keys()).sort(
    (a, b) => targets[a].history.length - targets[b].history.length || a - b,
  );
  for (let start = 0; start < order.length; start += batchSize) {
    const batch = order.subarray(start, start + batchSize);
    const histories = Array.from(batch, (i) => toModelHistory(targets[i], modelItemOf));
    const scores = await scoreBatch(recommender, histories);
    for (const [b, index] of batch.entries()) {
      const { userIndex, row, item } = targets[index];
      const own = scores.subarray(b * recommender.numItems, (b + 1) * recommender.numItems);
      const ofDataset = toDatasetScores(own, modelItemOf);
      const where = `${recommender.name}, user ${userIds[userIndex]}`;
      const hidden = new Uint8Array(isHeldOut.length);
      for (let seen = offsets[userIndex]; seen < row; seen++) hidden[items[seen]] = 1;
      hidden[item] = 0;
      for (const field of FIELDS) {
        if (field === "held-out") {
          for (let i = 0; i < hidden.length; i++) if (isHeldOut[i] === 0) hidden[i] = 1;
        }
        const unranked = hideUnknown(hidden, modelItemOf);
        const length = dump ? DUMP_LENGTH : 1;
        const { rank, ranked } = rankTarget(ofDataset, item, unranked, length, where);
        ranks[field][index] = rank;
        dump?.write(userIndex, item, ranked, { among: field });
      }
    }
    onProgress?.(start + batch.length, order.length);
  }
  return { userIndices: Uint32Array.from(targets, ({ userIndex }) => userIndex), ranks };
}

/** Held-out rows lie between those that were trained on; who asks for targets does not mind. */
function asSplit(films: HeldOutFilms): Split {
  const { interactions } = films;
  return {
    kind: "none",
    interactions,
    trainEnds: interactions.offsets.slice(1),
    validation: new Uint32Array(0),
    test: heldOutRows(films),
  };
}
