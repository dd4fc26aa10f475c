/**
 * Recommendations as they are printed: for people, and as JSON.
 */
import { describeFilm } from "../data/films/title-index.ts";
import type { Film } from "../data/interactions.ts";
import { toJsonIds } from "../evaluation/dump.ts";
import type { LoadedModel } from "../models/loaded-model.ts";
import type { Recommendation } from "../models/recommend.ts";

/** What was asked, and the answer. */
export interface Listing {
  readonly model: Pick<LoadedModel, "catalog" | "manifest">;
  /** As itemIndex, oldest first. */
  readonly history: readonly number[];
  readonly recommendations: readonly Recommendation[];
}

/** A number where every id of the catalog would come back as it was written. */
type JsonId = string | number;

/** One recommended film as JSON. */
export interface JsonRecommendation {
  readonly rank: number;
  readonly itemId: JsonId;
  /** null where only the id is known. */
  readonly title: string | null;
  readonly year: number | null;
  readonly genres: readonly string[];
  readonly score: number;
}

/** What `usher recommend --json` prints. */
export interface JsonReply {
  readonly model: string;
  readonly history: readonly Pick<JsonRecommendation, "itemId" | "title" | "year">[];
  readonly recommendations: readonly JsonRecommendation[];
}

export function toJsonReply({ model, history, recommendations }: Listing): JsonReply {
  const { catalog, manifest } = model;
  const toJson = createJsonWriter(catalog);
  const ids = toJsonIds(catalog.map(({ itemId }) => itemId));
  return {
    model: manifest.name,
    history: history.map((item) => {
      const { title, year } = catalog[item];
      return { itemId: ids[item], title: title || null, year };
    }),
    recommendations: recommendations.map(toJson),
  };
}

/** Makes recommendations from one catalog to JSON. Create it once for many. */
export function createJsonWriter(
  catalog: readonly Film[],
): (recommendation: Recommendation) => JsonRecommendation {
  const ids = toJsonIds(catalog.map(({ itemId }) => itemId));
  return ({ rank, itemIndex, title, year, genres, score }) => {
    return { rank, itemId: ids[itemIndex], title: title || null, year, genres, score };
  };
}

/** A numbered list; films whose title is not known go by their ids. */
export function formatRecommendations({ model, history, recommendations }: Listing): string {
  const names = recommendations.map(nameOf);
  const width = Math.max(0, ...names.map((name) => name.length));
  const lines = recommendations.map(({ rank, genres }, i) =>
    `${String(rank).padStart(3)}. ${names[i].padEnd(width)}  ${genres.join(", ")}`.trimEnd(),
  );
  const watched = history.map((item) => nameOf(model.catalog[item])).join(", ");
  const list = lines.length === 0 ? ["  no film is left"] : lines;
  return [`After ${watched}, ${model.manifest.name} recommends`, ...list, ""].join("\n");
}

function nameOf(film: Pick<Film, "itemId" | "title" | "year">): string {
  return film.title === "" ? film.itemId : describeFilm(film);
}
