/**
 * A small model of real films for tests: item-kNN, whose scores can be worked out by hand.
 */
import type { Film } from "../src/data/interactions.ts";
import { BASELINE_INPUT, baselineOnnx } from "../src/models/baseline-onnx.ts";
import type { Bundle } from "../src/models/bundle.ts";
import type { ModelDescription } from "../src/models/bundle-format.ts";
import { fitItemKnn } from "../src/models/item-knn.ts";
import { toInteractions } from "./random-interactions.ts";

/** Two films are called "The Kid"; one is called by a number, one by a year. */
export const tinyFilms: readonly Film[] = [
  { itemId: "1", title: "The Matrix", year: 1999, genres: ["Action", "Sci-Fi"] },
  { itemId: "2", title: "The Matrix Reloaded", year: 2003, genres: ["Action", "Sci-Fi"] },
  { itemId: "3", title: "300", year: 2007, genres: ["Action", "War"] },
  { itemId: "4", title: "1984", year: 1956, genres: ["Drama", "Sci-Fi"] },
  { itemId: "5", title: "The Kid", year: 1921, genres: ["Comedy", "Drama"] },
  { itemId: "6", title: "The Kid", year: 2000, genres: ["Comedy"] },
  {
    itemId: "7",
    title: "The Postman",
    year: 1994,
    genres: ["Romance"],
    alternatives: ["Il Postino"],
  },
  { itemId: "8", title: "Amélie", year: 2001, genres: ["Comedy", "Romance"] },
];

/** Who saw what: those of The Matrix saw its sequel most often, then 300, then 1984. */
export const tinyHistories: readonly (readonly number[])[] = [
  [0, 1],
  [0, 1, 2],
  [0, 1, 2, 3],
  [4, 5],
  [6, 7],
  [7, 6, 4],
];

const description: ModelDescription = {
  name: "tiny",
  kind: "item-knn",
  numItems: tinyFilms.length,
  input: BASELINE_INPUT,
  config: { numNeighbors: 8, shrinkage: 0, recency: 1 },
  data: {
    names: ["tiny-data"],
    fingerprint: "0".repeat(64),
    fingerprints: ["0".repeat(64)],
    onlyShareableTitles: false,
    preparations: [
      {
        format: "movielens-csv",
        order: "time, then file order",
        duplicates: "identical dropped, latest of conflicting kept",
        minRating: null,
        minUserInteractions: 1,
        minItemInteractions: 1,
        mostWatchedItems: null,
        columns: null,
      },
    ],
    users: tinyHistories.length,
    interactions: tinyHistories.flat().length,
  },
  split: { kind: "none" },
  heldOut: null,
  training: null,
};

/** @param films - how its items are called; as many as `tinyFilms`. */
export function tinyBundle(
  films: readonly Film[] = tinyFilms,
  changes: Partial<ModelDescription> = {},
): Bundle {
  const weights = fitItemKnn(toInteractions(tinyHistories, films.length), {
    numNeighbors: 8,
    shrinkage: 0,
  });
  return {
    description: { ...description, ...changes },
    graph: baselineOnnx(weights),
    catalog: films,
    license: "For tests only.\n",
  };
}
