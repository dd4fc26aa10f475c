/**
 * What is known of users and films beside who watched what. Anything may be missing.
 */
import type { Film } from "../interactions.ts";

/** A text, a number, several texts, or null where it is not known. */
export type FeatureValue = string | number | readonly string[] | null;

/** The values of one user or film, by the name of the feature; what is absent is not known. */
export type FeatureValues = Readonly<Record<string, FeatureValue>>;

/** "categorical" is one text of a few, "multi-label" several of them, "numeric" a number. */
export type FeatureKind = "categorical" | "multi-label" | "numeric";

export interface FeatureSpec {
  readonly name: string;
  readonly kind: FeatureKind;
}

/** The features of users, or of items. */
export interface FeatureTable {
  readonly specs: readonly FeatureSpec[];
  /** By outside id. Who is not there has no features. */
  readonly rows: ReadonlyMap<string, FeatureValues>;
}

export interface FeatureSet {
  /** Null where nothing is known of them. */
  readonly users: FeatureTable | null;
  readonly items: FeatureTable | null;
}

export const NO_FEATURES: FeatureSet = { users: null, items: null };

/** What a list of films says of them: genres and years. Null for an empty one. */
export function filmFeatures(films: ReadonlyMap<string, Film>): FeatureTable | null {
  if (films.size === 0) return null;
  return {
    specs: [
      { name: "genres", kind: "multi-label" },
      { name: "year", kind: "numeric" },
    ],
    rows: new Map(
      Array.from(films, ([itemId, { genres, year }]) => [
        itemId,
        { genres: genres.length > 0 ? genres : null, year },
      ]),
    ),
  };
}
