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
  /** Where it was asked for: the films of the history that moved it most. */
  readonly because?: readonly (JsonFilm & { readonly effect: number })[];
}

/** A film as JSON names it. */
export type JsonFilm = Pick<JsonRecommendation, "itemId" | "title" | "year">;

/** What `usher recommend --json` prints. */
export interface JsonReply {
  readonly model: string;
  readonly history: readonly JsonFilm[];
  readonly recommendations: readonly JsonRecommendation[];
}

/** What `usher similar --json` prints. */
export interface JsonSimilar {
  readonly model: string;
  readonly film: JsonFilm;
  readonly similar: readonly JsonRecommendation[];
}

export function toJsonReply({ model, history, recommendations }: Listing): JsonReply {
  const { catalog, manifest } = model;
  const toFilm = createFilmWriter(catalog);
  return {
    model: manifest.name,
    history: history.map(toFilm),
    recommendations: recommendations.map(createJsonWriter(catalog, toFilm)),
  };
}

export function toJsonSimilar(listing: Listing): JsonSimilar {
  const { model, history, recommendations } = toJsonReply(listing);
  return { model, film: history[0], similar: recommendations };
}

/** Makes JSON of an itemIndex. Create it once for many. */
function createFilmWriter(catalog: readonly Film[]): (item: number) => JsonFilm {
  const ids = toJsonIds(catalog.map(({ itemId }) => itemId));
  return (item) => {
    const { title, year } = catalog[item];
    return { itemId: ids[item], title: title || null, year };
  };
}

/** Makes recommendations from one catalog to JSON. Create it once for many. */
export function createJsonWriter(
  catalog: readonly Film[],
  toFilm: (item: number) => JsonFilm = createFilmWriter(catalog),
): (recommendation: Recommendation) => JsonRecommendation {
  return ({ rank, itemIndex, genres, score, because }) => ({
    rank,
    ...toFilm(itemIndex),
    genres,
    score,
    ...(because && {
      because: because.map((reason) => ({ ...toFilm(reason.itemIndex), effect: reason.effect })),
    }),
  });
}

/** A numbered list; films whose title is not known go by their ids. */
export function formatRecommendations({ model, history, recommendations }: Listing): string {
  const watched = history.map((item) => nameOf(model.catalog[item])).join(", ");
  const heading = `After ${watched}, ${model.manifest.name} recommends`;
  return formatList(heading, recommendations, model.catalog);
}

export function formatSimilar({ model, history, recommendations }: Listing): string {
  const heading = `Like ${nameOf(model.catalog[history[0]])}, says ${model.manifest.name}`;
  return formatList(heading, recommendations, model.catalog);
}

function formatList(
  heading: string,
  recommendations: readonly Recommendation[],
  catalog: readonly Film[],
): string {
  const names = recommendations.map(nameOf);
  const width = Math.max(0, ...names.map((name) => name.length));
  const lines = recommendations.flatMap(({ rank, genres, because }, i) => [
    `${String(rank).padStart(3)}. ${names[i].padEnd(width)}  ${genres.join(", ")}`.trimEnd(),
    ...(because && because.length > 0
      ? [`     because of ${because.map((reason) => nameOf(catalog[reason.itemIndex])).join(", ")}`]
      : []),
  ]);
  return [heading, ...(lines.length === 0 ? ["  no film is left"] : lines), ""].join("\n");
}

function nameOf(film: Pick<Film, "itemId" | "title" | "year">): string {
  return film.title === "" ? film.itemId : describeFilm(film);
}
