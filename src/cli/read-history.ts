/**
 * The films that were typed, as items of a model.
 */
import { InputError } from "../common/errors.ts";
import {
  createTitleIndex,
  describeFilm,
  findFilm,
  requireFilm,
  type TitleIndex,
} from "../data/films/title-index.ts";
import type { LoadedModel } from "../models/loaded-model.ts";

/**
 * @returns itemIndex of each title, then of each id.
 * @throws InputError with candidates when a title means no film, or several, and for unknown ids.
 */
export function readHistory(
  { catalog, itemIndexOf, manifest }: LoadedModel,
  titles: readonly string[],
  ids: readonly string[],
): readonly number[] {
  let index: TitleIndex | undefined;
  const titleIndex = (): TitleIndex => (index ??= createTitleIndex(catalog));
  if (titles.length > 0 && catalog.every(({ title }) => title === "")) {
    throw new InputError(
      `"${titles[0]}": the model ${manifest.name} knows its items by id only; name them by --id`,
    );
  }
  const requireId = (id: string): number => {
    const item = itemIndexOf(id);
    if (item !== undefined) return item;
    throw new InputError(`--id ${id}: ${describeUnknownId(titleIndex(), id)}`);
  };
  return [...titles.map((title) => requireTitle(titleIndex(), title)), ...ids.map(requireId)];
}

/** An empty title is none, even where some film's title is not known. */
function requireTitle(index: TitleIndex, title: string): number {
  if (title.trim() !== "") return requireFilm(index, title);
  throw new InputError('"": expected the title of a film');
}

function describeUnknownId(index: TitleIndex, id: string): string {
  const lookup = findFilm(index, id);
  const text = `not among the ids of the ${index.films.length} films of this model`;
  if (id.trim() === "" || lookup.kind !== "found") return text;
  return `${text}; to name ${describeFilm(index.films[lookup.index])} by its title, type it before --id`;
}
