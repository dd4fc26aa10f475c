import { describe, expect, test } from "vitest";
import type { Film, Interactions } from "../interactions.ts";
import { type JoinableDataset, joinDatasets } from "./join-datasets.ts";

type Row = readonly [user: string, item: string, rating: number];

/** A dataset from films ("id": [title, year]) and rows grouped by user, oldest first. */
function datasetOf(
  name: string,
  titles: Readonly<Record<string, readonly [string, number | null]>>,
  rows: readonly Row[],
  hasRatings = true,
): JoinableDataset {
  const films = Object.entries(titles).map(([itemId, [title, year]]): [string, Film] => [
    itemId,
    { itemId, title, year, genres: [] },
  ]);
  const userIds = [...new Set(rows.map(([user]) => user))];
  const itemIds = [...new Set(rows.map(([, item]) => item))];
  const interactions: Interactions = {
    userIds,
    itemIds,
    offsets: Uint32Array.from([
      0,
      ...userIds.map((id) => rows.findLastIndex(([user]) => user === id) + 1),
    ]),
    items: Uint32Array.from(rows.map(([, item]) => itemIds.indexOf(item))),
    ratings: hasRatings ? Float32Array.from(rows.map(([, , rating]) => rating)) : null,
    timestamps: Float64Array.from(rows.keys()),
  };
  return { name, interactions, films: new Map(films) };
}

/** What each user watched, as ids. */
function historiesOf({ userIds, itemIds, offsets, items }: Interactions): Record<string, string[]> {
  const histories = userIds.map((user, u) => {
    const rows = items.subarray(offsets[u], offsets[u + 1]);
    return [user, Array.from(rows, (item) => itemIds[item])];
  });
  return Object.fromEntries(histories);
}

const small = datasetOf(
  "small",
  { 10: ["Alien", 1979], 20: ["Brazil", 1985], 30: ["Cube", 1997], 40: ["Unseen", 2018] },
  [
    ["1", "10", 4],
    ["1", "30", 3],
    ["2", "20", 5],
  ],
);
const old = datasetOf(
  "old",
  {
    1: ["Alien", 1979],
    2: ["Brazil", 1985],
    3: ["Brazil", 1985],
    4: ["unknown", null],
    5: ["M", 1931],
  },
  [
    ["1", "2", 1],
    ["1", "5", 2],
    ["1", "3", 3],
    ["2", "4", 4],
    ["3", "1", 5],
    ["3", "99", 5],
  ],
);

describe("joinDatasets", () => {
  const joined = joinDatasets([old, small]);

  test("takes only films and names that may be passed on, where it is asked to", () => {
    // ml-1m may not be passed on; what is not known is one's own.
    const strict = datasetOf(
      "ml-1m",
      { 1: ["Alien: The First", 1979], 2: ["Brazil", 1985], 5: ["M", 1931] },
      [
        ["1", "2", 1],
        ["1", "5", 2],
      ],
    );
    const { interactions, films, rowsWithoutFilm } = joinDatasets([strict, small], {
      onlyShareableTitles: true,
    });
    expect(historiesOf(interactions)).toEqual({
      "small/1": ["10", "30"],
      "small/2": ["20"],
      "ml-1m/1": ["20"],
    });
    expect([...films.values()]).toEqual([...small.films.values()]);
    expect(rowsWithoutFilm).toBe(1);
  });

  test("puts users side by side, over one catalog", () => {
    expect(historiesOf(joined.interactions)).toEqual({
      "old/1": ["old/5", "20"],
      "old/3": ["10"],
      "small/1": ["10", "30"],
      "small/2": ["20"],
    });
    expect([...joined.interactions.offsets]).toEqual([0, 2, 3, 5, 6]);
  });

  test("keeps what is known of times, over rows that are left out", () => {
    const { NaN: unknown, POSITIVE_INFINITY: later } = Number;
    const gaps = Float64Array.of(unknown, 0, later, unknown, unknown, 7);
    const known = { ...old, interactions: { ...old.interactions, gaps } };
    const { interactions } = joinDatasets([known, small]);
    // Of the first user the row before the two that are left is gone; of the other set times tell.
    expect([...(interactions.gaps ?? [])]).toEqual([unknown, later, unknown, unknown, 1, unknown]);
    expect(joined.interactions.gaps).toBeUndefined();
  });

  test("keeps the latest of a film listed twice, with its rating and time", () => {
    expect([...(joined.interactions.ratings ?? [])]).toEqual([2, 3, 5, 4, 3, 5]);
    expect([...(joined.interactions.timestamps ?? [])]).toEqual([1, 2, 4, 0, 1, 2]);
    expect(joined.rowsRepeated).toBe(1);
  });

  test("leaves out rows whose film nobody names, and users with nothing else", () => {
    expect(joined.rowsWithoutFilm).toBe(2);
    expect(joined.interactions.userIds).not.toContain("old/2");
  });

  test("numbers rated items only, and knows every film", () => {
    expect(joined.interactions.itemIds).toEqual(["10", "20", "30", "old/5"]);
    expect([...joined.films.keys()]).toEqual(["10", "20", "30", "40", "old/5"]);
    expect(joined.counts.get("old")).toEqual({ byId: 0, byTitle: 3, added: 1 });
  });

  test("keeps a film that a user watched twice, where the dataset has it so", () => {
    const again = datasetOf("again", { 1: ["Alien", 1979] }, [
      ["1", "1", 4],
      ["1", "1", 5],
    ]);
    expect(historiesOf(joinDatasets([again]).interactions)).toEqual({ "again/1": ["1", "1"] });
  });

  test("has no ratings where one dataset has none", () => {
    const without = datasetOf("without", { 1: ["Alien", 1979] }, [["1", "1", 0]], false);
    expect(joinDatasets([small, without]).interactions.ratings).toBeNull();
  });

  test("refuses two datasets of one name, and datasets without titles", () => {
    expect(() => joinDatasets([small, small])).toThrow('got "small" twice');
    const nameless = datasetOf("nameless", {}, [["1", "1", 5]]);
    expect(() => joinDatasets([nameless])).toThrow(
      "expected films with titles, got none in nameless",
    );
  });
});
