import { expect, test } from "vitest";
import {
  createGenreDistance,
  createGenreGains,
  genreJaccard,
  genreNdcgAt,
  genrePrecisionAt,
  groupByGenres,
  intraListDistanceAt,
} from "./genres.ts";

const catalog = [["War", "Drama"], ["Drama"], [], ["Drama", "War"], ["War", "Drama", "Comedy"]];

test("the Jaccard index divides what is shared by what is named", () => {
  expect(genreJaccard(["War", "Drama"], ["Drama"])).toBe(1 / 2);
  expect(genreJaccard(["War", "War"], ["War", "Comedy", "Drama"])).toBe(1 / 3);
  expect(genreJaccard(["War"], [])).toBe(0);
  expect(genreJaccard([], [])).toBe(0);
});

test("the order of genres does not matter to a group", () => {
  const { groupOf, genresOf } = groupByGenres(catalog);
  expect([...groupOf]).toEqual([0, 1, 2, 0, 3]);
  expect(genresOf[0]).toEqual(["Drama", "War"]);
});

test("gains are the Jaccard index of each film with the target", () => {
  expect([...createGenreGains(groupByGenres(catalog))(0)]).toEqual([1, 1 / 2, 0, 1, 2 / 3]);
});

test("gains of one target do not depend on which was asked for before", () => {
  const gains = createGenreGains(groupByGenres(catalog));
  const first = [...gains(4)];
  gains(0);
  gains(1);
  expect([...gains(4)]).toEqual(first);
});

test("a film without genres shares none, not even with itself", () => {
  expect([...createGenreGains(groupByGenres(catalog))(2)]).toEqual([0, 0, 0, 0, 0]);
});

test("genre precision counts films that share a genre, among k", () => {
  expect(genrePrecisionAt([0.5, 0, 1], 2)).toBe(1 / 2);
  expect(genrePrecisionAt([0.5, 0, 1], 5)).toBe(2 / 5);
});

test("intra-list distance is the mean over pairs", () => {
  const distance = createGenreDistance(groupByGenres(catalog));
  // War and Drama to Drama 1/2, to both again 0; Drama to both 1/2.
  expect(intraListDistanceAt([0, 1, 3, 4], distance, 3)).toBeCloseTo(1 / 3, 14);
  expect(intraListDistanceAt([0, 4], distance, 5)).toBeCloseTo(1 / 3, 14);
  expect(intraListDistanceAt([0, 2], distance, 2)).toBe(1);
  expect(intraListDistanceAt([0], distance, 2)).toBeNaN();
});

test("genre nDCG discounts gains and divides by the best order", () => {
  const [first, second] = [1, 1 / Math.log2(3)];
  const actual = genreNdcgAt([0.5, 1], [1, 2 / 3, 0.5], 2);
  expect(actual).toBeCloseTo((0.5 * first + 1 * second) / (1 * first + (2 / 3) * second), 14);
  expect(genreNdcgAt([0, 0], [0, 0], 2)).toBeNaN();
});
