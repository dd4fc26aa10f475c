/**
 * A data set as the rest of Usher sees it: interactions in order, what is known of the films, and
 * a record of how it was read, so that the same arrays can be made again.
 */
import type { Film, Interactions } from "./interactions.ts";

/** How the file of ratings is written. */
export const DATA_FORMATS = [
  "movielens-100k", // u.data: user, item, rating, seconds, between tabs
  "movielens-dat", // ratings.dat: UserID::MovieID::Rating::Timestamp
  "movielens-csv", // ratings.csv: userId,movieId,rating,timestamp
  "movietweetings", // ratings.dat with ratings from 0 to 10
  "letterboxd", // ratings.tsv: one user a line, gaps and ratings
  "sequence", // `user item` lines, oldest first
  "sequence-lines", // `user item item item ...`, one user a line
  "csv", // your own, with a header line
  "json", // your own, one object a line
  "parquet", // your own
] as const;

export type DataFormat = (typeof DATA_FORMATS)[number];

/** How to read and what to keep. Everything has a default. */
export interface LoadOptions {
  /** How the file is written, where it is not recognised. */
  readonly format?: DataFormat;
  /** The column of your own file that names the user. */
  readonly userColumn?: string;
  /** The column of your own file that names the item. */
  readonly itemColumn?: string;
  /** The column of your own file with ratings; without it the data set has none. */
  readonly ratingColumn?: string;
  /** Seconds, milli-, micro- or nanoseconds since 1970, or dates; without it file order is kept. */
  readonly timeColumn?: string;
  /** Keep ratings of at least this. */
  readonly minRating?: number;
  /** Keep only so many items, those with most interactions. */
  readonly mostWatchedItems?: number;
  /** Keep users with at least this many interactions. */
  readonly minUserInteractions?: number;
  /** Keep items with at least this many interactions. */
  readonly minItemInteractions?: number;
  /** Refuse duplicate and conflicting rows instead of resolving them. */
  readonly strict?: boolean;
  /** At most this many threads read and sort; by default as many as the machine has cores. */
  readonly maxThreads?: number;
}

/** What was chosen, as recorded in `model.json`. */
export interface PreparationRecord {
  readonly format: DataFormat;
  /** What orders a user's history. */
  readonly order: "time, then file order" | "sequence_rank of ratings_order.csv" | "file order";
  /** What became of rows with the same user and item. */
  readonly duplicates: "identical dropped, latest of conflicting kept" | "refused" | "kept";
  readonly minRating: number | null;
  /** How many items were kept at most, those with most interactions; null keeps all. */
  readonly mostWatchedItems: number | null;
  /** 1 keeps everyone. Repeated with the next until both hold for all. */
  readonly minUserInteractions: number;
  readonly minItemInteractions: number;
  /** The column names given for your own file; null for a recognised one. */
  readonly columns: Readonly<Record<"user" | "item" | "rating" | "time", string | null>> | null;
}

/** What happened to the rows on the way. */
export interface DatasetCounts {
  readonly rowsRead: number;
  /** Rows that repeat another in every field. */
  readonly identicalDropped: number;
  /** Older rows of a user and item that a later row with another rating or time replaced. */
  readonly conflictsResolved: number;
  readonly belowMinRating: number;
  /** Rows of users and items with too few interactions. */
  readonly belowMinInteractions: number;
  readonly usersRemoved: number;
  readonly itemsRemoved: number;
}

/** A prepared data set. */
export interface Dataset {
  /** "ml-1m" where the set was recognised, else the name of the folder or file. */
  readonly name: string;
  /** Users and items are numbered in the order in which the file first names them. */
  readonly interactions: Interactions;
  /** By itemId; empty where the data set says nothing of its films. May hold films nobody rated. */
  readonly films: ReadonlyMap<string, Film>;
  /** The sha256 of the prepared arrays and ids. */
  readonly fingerprint: string;
  readonly preparation: PreparationRecord;
  readonly counts: DatasetCounts;
}
