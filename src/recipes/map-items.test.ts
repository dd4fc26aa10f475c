import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { tinyFilms } from "../../test/tiny-model.ts";
import { InputError } from "../common/errors.ts";
import type { Film } from "../data/interactions.ts";
import { mapItems } from "./map-items.ts";

const model = {
  manifest: { name: "tiny", data: { fingerprint: "own" } },
  catalog: tinyFilms,
  itemIndexOf: (id: string) => {
    const index = tinyFilms.findIndex(({ itemId }) => itemId === id);
    return index < 0 ? undefined : index;
  },
} as Parameters<typeof mapItems>[0];

function map(itemIds: readonly string[], films: readonly Film[] = []): number[] {
  const interactions = { ...toInteractions([], 0), itemIds };
  const known = new Map(films.map((film) => [film.itemId, film]));
  // As if its own, so that nothing goes to stderr; test/cli/evaluate.test.ts reads what does.
  const { fingerprint } = model.manifest.data;
  const data = { folders: [], names: ["other"], fingerprint, fingerprints: [fingerprint] };
  return [...mapItems(model, { ...data, onlyShareableTitles: false, films: known, interactions })];
}

test("items are found by their ids, wherever they stand", () => {
  expect(map(["8", "99", "1"])).toEqual([7, -1, 0]);
});

test("titles may be written otherwise, and some may differ", () => {
  const matrix = { ...tinyFilms[0], title: "MATRIX" };
  const other = { ...tinyFilms[1], title: "Something Else" };
  expect(map(["1", "2"], [matrix, other])).toEqual([0, 1]);
});

test("data whose ids mean other films are refused with an example", () => {
  const films = [
    { ...tinyFilms[0], title: "Toy Story", year: 1995 },
    { ...tinyFilms[1], title: "Jumanji" },
  ];
  const refused = (): unknown => map(["1", "2"], films);
  expect(refused).toThrow(InputError);
  expect(refused).toThrow('1 is "Toy Story (1995)" there and "The Matrix (1999)" here');
});

test("data of which the model knows nothing are refused", () => {
  expect(() => map(["x", "y"])).toThrow("tiny knows none of the 2 items of other");
});
