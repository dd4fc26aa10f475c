import { describe, expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { tinyFilms, tinyHistories } from "../../test/tiny-model.ts";
import { InputError } from "../common/errors.ts";
import { createItemKnnRecommender, fitItemKnn } from "./item-knn.ts";
import { toUnitLength } from "./item-vectors.ts";
import { type RecommendingModel, recommend, recommendMany } from "./recommend.ts";

const options = { numNeighbors: 8, shrinkage: 0 };
const model: RecommendingModel = {
  manifest: { input: { maxLength: null, appendsMask: false } },
  catalog: tinyFilms,
  recommender: createItemKnnRecommender(fitItemKnn(toInteractions(tinyHistories, 8), options)),
  itemIndexOf: (itemId) => {
    const index = tinyFilms.findIndex((film) => film.itemId === itemId);
    return index < 0 ? undefined : index;
  },
  // Action films point one way, the others another.
  itemVectors: async () =>
    toUnitLength(
      Float32Array.from(
        tinyFilms.flatMap(({ genres }, i) => [
          genres.includes("Action") ? 1 : 0,
          genres.includes("Action") ? 0 : 1,
          i / 100,
        ]),
      ),
      3,
    ),
};

async function ids(history: string[], asked = {}): Promise<string[]> {
  return (await recommend(model, history, asked)).map(({ itemId }) => itemId);
}

test("what shares most viewers comes first, what was seen does not come", async () => {
  const list = await recommend(model, ["1"], { k: 3 });
  // Cosines with The Matrix, seen by 3: its sequel 3/3, 300 2/sqrt(6), 1984 1/sqrt(3).
  expect(list.map(({ itemId }) => itemId)).toEqual(["2", "3", "4"]);
  for (const [place, score] of [1, 2 / Math.sqrt(6), 1 / Math.sqrt(3)].entries()) {
    expect(list[place].score).toBeCloseTo(score, 6);
  }
  expect(list[1]).toMatchObject({
    rank: 2,
    itemIndex: 2,
    title: "300",
    year: 2007,
    genres: ["Action", "War"],
  });
});

test("ten by default, fewer where the catalog is small", async () => {
  expect(await ids(["1", "2"])).toHaveLength(6);
});

test("genres and years are left out as asked, whatever the letters' case", async () => {
  expect(await ids(["1"], { k: 3, excludeGenres: ["war", "SCI-FI"] })).toEqual(["5", "6", "7"]);
  expect(await ids(["1"], { fromYear: 2000, toYear: 2003 })).toEqual(["2", "6", "8"]);
  expect(await ids(["1"], { toYear: 1956 })).toEqual(["4", "5"]);
});

test("genres, allowed and denied ids narrow the list, and may be combined", async () => {
  expect(await ids(["1"], { genres: ["War"] })).toEqual(["3"]);
  expect(await ids(["1"], { allow: ["7", "4", "1", "unknown"] })).toEqual(["4", "7"]);
  expect(await ids(["1"], { k: 2, deny: ["2", "unknown"] })).toEqual(["3", "4"]);
  expect(await ids(["1"], { allow: ["2", "3"], deny: ["2"] })).toEqual(["3"]);
  expect(await ids(["1"], { allow: [] })).toEqual([]);
});

test("diversity puts what is unlike before what is alike", async () => {
  // By score 2 and 3, both action films as 1 is, then 4.
  expect(await ids(["1"], { k: 3 })).toEqual(["2", "3", "4"]);
  expect((await ids(["1"], { k: 3, diversity: 0.6 })).slice(0, 2)).toEqual(["2", "4"]);
  expect(await ids(["1"], { k: 3, diversity: 0 })).toEqual(["2", "3", "4"]);
});

test("each recommendation says what moved it", async () => {
  const list = await recommend(model, ["1", "8"], { k: 3, why: true });
  const [first] = list;
  expect(first.itemId).toBe("2");
  // Nobody saw both The Postman or Amélie and a Matrix.
  expect(first.because?.map(({ itemIndex }) => tinyFilms[itemIndex].itemId)).toEqual(["1"]);
  expect(first.because?.[0].effect).toBeGreaterThan(0.5);
  expect((await recommend(model, ["1"], { k: 1 }))[0]).not.toHaveProperty("because");
});

test("a film whose year is not known is left out where years are asked for", async () => {
  const catalog = tinyFilms.map((film) => (film.itemId === "2" ? { ...film, year: null } : film));
  const list = await recommend({ ...model, catalog }, ["1"], { k: 1, fromYear: 1900 });
  expect(list[0].itemId).toBe("3");
});

test("many histories are answered as each alone", async () => {
  const histories = [["1"], [], ["7", "8"]];
  const lists = await recommendMany(model, histories);
  for (const [i, history] of histories.entries()) {
    expect(lists[i]).toEqual(await recommend(model, history));
  }
});

describe("refuses", () => {
  test.each([
    ["an unknown id", ["99"], {}, "item id 99 is not among the 8 films of this model"],
    ["k of 0", ["1"], { k: 0 }, "k must be a whole number of at least 1, got 0"],
    [
      "an unknown genre",
      ["1"],
      { excludeGenres: ["Noir"] },
      'no film has the genre "Noir"; choose of Action',
    ],
    ["years the wrong way round", ["1"], { fromYear: 2001, toYear: 2000 }, "2001 to 2000 are none"],
    [
      "a diversity out of range",
      ["1"],
      { diversity: 1.5 },
      "expected a number from 0 to 1, got 1.5",
    ],
    ["a tempering out of range", ["1"], { tempering: -1 }, "expected a number from 0 to 1, got -1"],
    ["a year that is none", ["1"], { fromYear: 1999.5 }, "a year is a whole number, got 1999.5"],
  ])("%s", async (_name, history, asked, text) => {
    const refused = recommend(model, history, asked);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(text);
  });
});
