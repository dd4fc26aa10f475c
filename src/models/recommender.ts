/**
 * The one contract that every recommender passes, baselines included.
 */
import type { FeatureValues } from "../data/features/feature-set.ts";
import type { HistoryTimes } from "../data/time-gaps.ts";

/**
 * What is known about one viewer. A model that does not read some of it leaves it aside. Of times it
 * reads the seconds between each item and the one before it, and between the newest and the one that
 * is asked for, as in `time-gaps.ts`. Default: not known.
 */
export interface History extends HistoryTimes {
  /** Oldest first, as itemIndex. */
  readonly items: ArrayLike<number>;
  /** What he gave each of them, on the data's own scale; NaN where unknown. Default: all unknown. */
  readonly ratings?: ArrayLike<number> | undefined;
  /** What is known of him, by name. Default: nothing. */
  readonly user?: FeatureValues | undefined;
  /** When the next item is asked for, in seconds since 1970; undefined where that is not known. */
  readonly time?: number | undefined;
}

/** Ranks the catalog for each input: a history, or a typed query. */
export interface Recommender<Input = History> {
  readonly name: string;
  /** How many items it ranks: `N`. */
  readonly numItems: number;
  /** Whether it has something to say of items that no training row has. Default: false. */
  readonly knowsNewItems?: boolean;
  /** Scores of shape `[B, N]`, row by row; a higher score ranks first. */
  score(inputs: readonly Input[]): Promise<Float32Array>;
  /** Frees what it holds outside JavaScript. */
  dispose(): Promise<void>;
}
