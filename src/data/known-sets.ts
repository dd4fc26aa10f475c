/**
 * The published data sets that Usher knows by name: how many rows their files have, which ratings
 * they hold and what may be done with them. Counts are those of the publishers' READMEs.
 */

/** Ratings are `min`, `min + step`, ..., `max`. */
export interface RatingScale {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** What is known about one published set. */
export interface KnownSet {
  readonly name: string;
  /** As people call it. */
  readonly title: string;
  /** Rows of the file of ratings; null where it differs from release to release. */
  readonly rows: number | null;
  readonly scale: RatingScale | null;
  /** What may be done with it, and where that is written. */
  readonly licence: string;
  /** Whether its titles and genres may go with what is made of it. Default: false. */
  readonly mayPassOnTitles?: boolean;
}

const wholeStars: RatingScale = { min: 1, max: 5, step: 1 };
const halfStars: RatingScale = { min: 0.5, max: 5, step: 0.5 };
const tenPoints: RatingScale = { min: 0, max: 10, step: 1 };

const noRedistribution =
  "research use; not to be passed on or used commercially without permission, no implied " +
  "endorsement, cite Harper & Konstan 2015 (terms: README of the archive, grouplens.org)";
const readTheReadme =
  "research use, no commercial use without permission, no implied endorsement, cite Harper & " +
  "Konstan 2015; read the terms in the archive's README before you pass anything on";

/** Every set known by name. */
export const knownSets: readonly KnownSet[] = [
  {
    name: "ml-100k",
    title: "MovieLens 100K",
    rows: 100_000,
    scale: wholeStars,
    licence: noRedistribution,
  },
  {
    name: "ml-1m",
    title: "MovieLens 1M",
    rows: 1_000_209,
    scale: wholeStars,
    licence: noRedistribution,
  },
  {
    name: "ml-1m-sasrec",
    title: "MovieLens 1M as SASRec and BERT4Rec use it",
    rows: 999_611,
    scale: null,
    licence: noRedistribution,
  },
  {
    name: "ml-10m",
    title: "MovieLens 10M",
    rows: 10_000_054,
    scale: halfStars,
    licence: noRedistribution,
  },
  {
    name: "ml-20m",
    title: "MovieLens 20M",
    rows: 20_000_263,
    scale: halfStars,
    licence: readTheReadme,
  },
  {
    name: "ml-25m",
    title: "MovieLens 25M",
    rows: 25_000_095,
    scale: halfStars,
    licence: readTheReadme,
  },
  {
    name: "ml-32m",
    title: "MovieLens 32M",
    rows: 32_000_204,
    scale: halfStars,
    licence: readTheReadme,
  },
  {
    name: "ml-latest",
    title: "MovieLens latest",
    rows: null,
    scale: halfStars,
    licence: readTheReadme,
  },
  {
    name: "ml-latest-small",
    title: "MovieLens latest-small",
    rows: null,
    scale: halfStars,
    licence:
      "research use; may be passed on under the same conditions, no commercial use without " +
      "permission, no implied endorsement, cite Harper & Konstan 2015 (terms: README.txt)",
    mayPassOnTitles: true,
  },
  {
    name: "movietweetings",
    title: "MovieTweetings",
    rows: null,
    scale: tenPoints,
    licence: "MIT, Simon Dooms (terms: LICENSE of sidooms/MovieTweetings)",
    mayPassOnTitles: true,
  },
  {
    name: "letterboxd",
    title: "Letterboxd ratings",
    rows: null,
    scale: halfStars,
    licence:
      "no licence is stated for these ratings: experiments only, publish neither them nor " +
      "anything trained on them (README of the data folder)",
  },
];

/** The set of this name, or null. */
export function findKnownSet(name: string): KnownSet | null {
  return knownSets.find((set) => set.name === name) ?? null;
}

/**
 * Which set a README belongs to, and how many ratings it says there are. GroupLens' READMEs name
 * their set, "(ml-25m)", or are known by the count in their first lines.
 */
export function identifyReadme(text: string): { name: string | null; rows: number | null } {
  const head = text.slice(0, 6000);
  const stated = /([\d,]{5,}) (?:anonymous )?ratings/.exec(head);
  const rows = stated === null ? null : Number(stated[1].replaceAll(",", ""));
  if (/MovieTweetings/.test(head)) return { name: "movietweetings", rows: null };
  const named = /\((ml-[a-z0-9-]+)\)/.exec(head)?.[1];
  const set = named
    ? findKnownSet(named)
    : knownSets.find((known) => rows !== null && known.rows === rows);
  return { name: set?.name ?? null, rows: set ? (set.rows ?? rows) : null };
}

/** Which set a folder or archive of this name holds: "ml-10M100K" is "ml-10m". */
export function identifyFolderName(name: string): string | null {
  const lower = name.toLowerCase();
  if (lower === "ml-10m100k") return "ml-10m";
  return knownSets.find((set) => set.name === lower)?.name ?? null;
}

/** The scale of a file that belongs to no set we know, by how it is written; null for any. */
export function scaleOfFormat(format: string): RatingScale | null {
  if (format === "movielens-100k") return wholeStars;
  if (format === "movielens-dat" || format === "movielens-csv") return halfStars;
  return format === "movietweetings" ? tenPoints : null;
}
