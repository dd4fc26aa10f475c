import { expect, test } from "vitest";
import { InputError } from "../common/errors.ts";
import { encodingWidth } from "../data/features/feature-encoding.ts";
import { filmFeatures } from "../data/features/feature-set.ts";
import { findRecipe } from "./find-recipe.ts";
import { encodeContent } from "./item-content.ts";
import type { NetworkRecipe } from "./recipe.ts";

const plain = (await findRecipe("sasrec")) as NetworkRecipe;
const withContent = (await findRecipe("sasrec-content")) as NetworkRecipe;

function films(count: number, genresOf: (film: number) => string[], year: number | null = 2000) {
  const ids = Array.from({ length: count }, (_, film) => `f${film}`);
  const list = ids.map((itemId, film) => ({ itemId, title: itemId, year, genres: genresOf(film) }));
  return { ids, table: filmFeatures(new Map(list.map((film) => [film.itemId, film]))) };
}

test("of films that nothing is known of there is none, and a recipe that reads it says so", () => {
  const untold = films(3, () => [], null);
  expect(encodeContent(plain, untold.ids, untold.table)).toBeNull();
  expect(encodeContent(plain, ["x"], films(1, () => ["War"]).table)).toBeNull();
  expect(encodeContent(plain, ["x"], null)).toBeNull();
  expect(() => encodeContent(withContent, untold.ids, untold.table)).toThrow(InputError);
});

test("a model to go on from learns genres that came since", () => {
  const before = films(4, () => ["War"]);
  const old = encodeContent(plain, before.ids, before.table);
  const now = films(5, (film) => (film < 4 ? ["War"] : ["Western"]));
  const { encoding, content } = encodeContent(plain, now.ids, now.table, old?.encoding) ?? {};
  expect(encoding?.find(({ name }) => name === "genres")).toMatchObject({
    labels: ["War", "Western"],
  });
  expect(content?.values).toHaveLength(5 * encodingWidth(encoding ?? []));
});

test("thousands of genres are too much for who did not ask", () => {
  const many = films(1200, (film) => [`genre ${film}`]);
  expect(encodeContent(plain, many.ids, many.table)).toBeNull();
  expect(encodeContent(withContent, many.ids, many.table)?.encoding).toHaveLength(2);
});
