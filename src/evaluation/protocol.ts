/**
 * The protocols: who is tested, and against what the target is ranked.
 */
import { InputError } from "../common/errors.ts";
import type { Split } from "../data/split.ts";

/**
 * `full`: against the whole catalog. `uniform100`: against 100 items drawn from those the user never
 * touched. `popular100`: the same, drawn in proportion to training counts. Sampled protocols give
 * much higher numbers and may order models differently (Krichene and Rendle, KDD 2020).
 */
export type Protocol = "full" | "uniform100" | "popular100";

/** In which order the model is shown a history. */
export type HistoryOrder = "recorded" | "shuffled";

/** How many negatives a sampled protocol draws. */
export const NUM_NEGATIVES = 100;

export interface ProtocolOptions {
  readonly protocol: Protocol;
  /** Which held-out rows of the split are the targets. */
  readonly rows: "validation" | "test";
  /** Fixes the negatives, the resamples and how histories are shuffled. Default: 1. */
  readonly seed?: number;
  /**
   * "shuffled" puts what the model is shown of each history into another order, so that what is
   * lost beside "recorded" is owed to the order alone. Default: "recorded".
   */
  readonly historyOrder?: HistoryOrder;
  /**
   * Leaves validation rows out of the histories that the model is shown, as the published BERT4Rec
   * code does when it tests. They are still not ranked. Default: false.
   */
  readonly excludeValidationFromHistory?: boolean;
}

const COMPETITORS: Readonly<Record<Protocol, string>> = {
  full: "full ranking: the target against every item of the catalog that the user had not seen before it",
  uniform100:
    "sampled ranking: the target against 100 items drawn uniformly, without replacement, from those the user never touched",
  popular100:
    "sampled ranking: the target against 100 items drawn in proportion to their training counts, without replacement, from those the user never touched",
};

const NEW_ITEMS =
  "items that no training row has are unknown to models that learn from these rows alone";

/** The protocol in words, to be printed with every number. */
export function describeProtocol(split: Split, options: ProtocolOptions): string {
  const { protocol, rows, seed = 1 } = options;
  const { excludeValidationFromHistory = false, historyOrder = "recorded" } = options;
  const parts = [
    `${describeKind(split)}, ${rows} targets`,
    COMPETITORS[protocol],
    `catalog of ${split.interactions.itemIds.length} items`,
    "a target seen before is ranked all the same",
    "ties count against the target",
    "targets unknown to the model are misses",
    "each user counts once",
  ];
  if (split.kind === "by-time") parts.push(NEW_ITEMS);
  if (protocol !== "full") parts.push(`negatives of seed ${seed}`);
  if (excludeValidationFromHistory) parts.push("validation items left out of the input");
  if (historyOrder === "shuffled") parts.push(`HISTORIES SHUFFLED by seed ${seed}`);
  return parts.join("; ");
}

function describeKind({ kind, cuts }: Split): string {
  if (!cuts) return `${kind} split`;
  const [validation, test] = cuts.map((cut) => Number((100 * cut).toFixed(6)));
  return `${kind} split, cut at ${validation} and ${test} % of the interactions`;
}

/** The held-out rows that are the targets, ascending. */
export function targetRows(split: Split, options: ProtocolOptions): Uint32Array {
  const rows = split[options.rows];
  if (rows.length > 0) return rows;
  throw new InputError(
    `evaluate: the ${split.kind} split has no ${options.rows} rows; hold some out, or choose others`,
  );
}
