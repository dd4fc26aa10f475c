/**
 * From folders of data to what a training consumes.
 */
import { sha256 } from "../common/files.ts";
import { splitByTime } from "../data/by-time.ts";
import { splitByUser } from "../data/by-user.ts";
import type { Dataset, LoadOptions, PreparationRecord } from "../data/dataset.ts";
import { joinDatasets } from "../data/films/join-datasets.ts";
import { splitHalfHistory } from "../data/half-history.ts";
import { type HeldOutYears, withoutHeldOut } from "../data/held-out-films.ts";
import type { Film, Interactions } from "../data/interactions.ts";
import { splitLeaveOneOut } from "../data/leave-one-out.ts";
import { loadDataset } from "../data/load-dataset.ts";
import { splitNextFilms } from "../data/next-films.ts";
import { splitNone } from "../data/no-split.ts";
import type { AnySplit } from "../data/split.ts";
import type { SplitRecord } from "../models/bundle-format.ts";
import type { Recipe } from "./recipe.ts";

export interface PreparedData {
  /** Where the data sets lie. */
  readonly folders: readonly string[];
  readonly names: readonly string[];
  /** Changes with any of the prepared data. */
  readonly fingerprint: string;
  /** Of each data set by itself. */
  readonly fingerprints: readonly string[];
  readonly onlyShareableTitles: boolean;
  /** Films of these years were left out. Default: none. */
  readonly heldOutYears?: HeldOutYears | null | undefined;
  readonly preparations: readonly PreparationRecord[];
  readonly films: ReadonlyMap<string, Film>;
  readonly interactions: Interactions;
  /** With the films of `heldOutYears`, where any were left out. */
  readonly complete?: Interactions;
}

type Preparation = Omit<Recipe["preparation"], "heldOutYears"> & Pick<PreparedData, "heldOutYears">;

/** Reads the folders, as the recipe says, and joins several over one catalog. */
export async function prepareData(
  folders: readonly string[],
  recipe: { readonly preparation: Preparation },
  columns: LoadOptions = {},
): Promise<PreparedData> {
  const { heldOutYears, onlyShareableTitles, ...minimums } = recipe.preparation;
  const { minRating, mostWatchedItems, minUserInteractions, minItemInteractions } = minimums;
  const options = {
    ...columns,
    ...(minRating !== null && { minRating }),
    ...(mostWatchedItems !== null && { mostWatchedItems }),
    minUserInteractions,
    minItemInteractions,
  };
  const datasets: Dataset[] = [];
  for (const folder of folders) datasets.push(await loadDataset(folder, options));
  const isJoined = datasets.length > 1 || onlyShareableTitles;
  const { films, interactions } = isJoined
    ? joinDatasets(datasets, { onlyShareableTitles })
    : datasets[0];
  const fingerprints = datasets.map((dataset) => dataset.fingerprint);
  const changes = [
    ...(onlyShareableTitles ? ["shareable titles"] : []),
    ...(heldOutYears ? [`without films of ${heldOutYears.from} to ${heldOutYears.to}`] : []),
  ];
  return {
    folders,
    names: datasets.map(({ name }) => name),
    fingerprint: combine([...fingerprints, ...changes]),
    fingerprints,
    onlyShareableTitles,
    heldOutYears,
    preparations: datasets.map(({ preparation }) => preparation),
    films,
    ...(heldOutYears
      ? {
          interactions: withoutHeldOut(interactions, films, heldOutYears),
          complete: interactions,
        }
      : { interactions }),
  };
}

function combine(fingerprints: readonly string[]): string {
  if (fingerprints.length === 1) return fingerprints[0];
  return sha256(fingerprints.join("\n"));
}

/** The split that a recipe or a bundle names; the same record gives the same rows. */
export function splitData(interactions: Interactions, record: SplitRecord): AnySplit {
  if (record.kind === "leave-one-out") return splitLeaveOneOut(interactions);
  if (record.kind === "half-history") return splitHalfHistory(interactions);
  if (record.kind === "by-user") return splitByUser(interactions, record);
  if (record.kind === "by-time") return splitByTime(interactions, record);
  return record.kind === "next-films"
    ? splitNextFilms(interactions, record)
    : splitNone(interactions);
}
