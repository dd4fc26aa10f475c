/**
 * Every set of the shared data reads to the counts that its README states.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Dataset, LoadOptions } from "../src/data/dataset.ts";
import { joinDatasets } from "../src/data/films/join-datasets.ts";
import { loadDataset } from "../src/data/load-dataset.ts";
import { readFilms } from "../src/data/read-films.ts";
import { describeInteractions } from "../src/data/statistics.ts";
import { hasSharedData, sharedData } from "./shared-data.ts";

type Counts = readonly [users: number, items: number, rows: number];

const load = (path: string, options?: LoadOptions): Promise<Dataset> =>
  loadDataset(sharedData(...path.split("/")), options);

const countsOf = ({
  interactions: { userIds, itemIds, items },
}: Pick<Dataset, "interactions">): Counts => [userIds.length, itemIds.length, items.length];

describe.skipIf(!hasSharedData)("the shared data sets", () => {
  it.each<[path: string, counts: Counts, name: string]>([
    ["ml-100k", [943, 1682, 100_000], "ml-100k"],
    ["ml-1m-sasrec", [6040, 3416, 999_611], "ml-1m-sasrec"],
    ["ml-latest-small", [610, 9724, 100_836], "ml-latest-small"],
    ["movietweetings", [21_081, 12_611, 141_695], "movietweetings"],
    ["sequential-benchmarks/sasrec_Video.txt.gz", [31_013, 23_715, 287_107], "sasrec_Video"],
    ["sequential-benchmarks/bert4rec_beauty.txt.gz", [40_226, 54_542, 353_962], "bert4rec_beauty"],
    ["sequential-benchmarks/s3rec_Beauty.txt.gz", [22_363, 12_101, 198_502], "s3rec_Beauty"],
    [
      "sequential-benchmarks/s3rec_Toys_and_Games.txt.gz",
      [19_412, 11_924, 167_597],
      "s3rec_Toys_and_Games",
    ],
    [
      "sequential-benchmarks/s3rec_Sports_and_Outdoors.txt.gz",
      [35_598, 18_357, 296_337],
      "s3rec_Sports_and_Outdoors",
    ],
  ])("%s has its users, items and interactions", async (path, counts, name) => {
    const dataset = await load(path);
    expect(countsOf(dataset)).toEqual(counts);
    expect(dataset.name).toBe(name);
    const { rowsRead, identicalDropped, conflictsResolved } = dataset.counts;
    expect([rowsRead, identicalDropped, conflictsResolved]).toEqual([counts[2], 0, 0]);
  });

  it("ml-1m has its ratings, and every rated film its title", async () => {
    const dataset = await load("ml-1m", { strict: true });
    expect(countsOf(dataset)).toEqual([6040, 3706, 1_000_209]);
    expect(describeInteractions(dataset.interactions).ratings).toEqual([
      { rating: 1, count: 56_174 },
      { rating: 2, count: 107_557 },
      { rating: 3, count: 261_197 },
      { rating: 4, count: 348_971 },
      { rating: 5, count: 226_310 },
    ]);
    expect(dataset.interactions.itemIds.filter((id) => !dataset.films.has(id))).toEqual([]);
  });

  it("ml-1m, less its rare films, is in the very order of ml-1m-sasrec", async () => {
    const [whole, sequences] = await Promise.all([load("ml-1m"), load("ml-1m-sasrec")]);
    const toOriginal = (name: string): Map<string, string> =>
      new Map(
        readFileSync(sharedData("ml-1m-sasrec", name), "utf8")
          .trim()
          .split("\n")
          .map((line) => line.split(" ") as [string, string]),
      );
    const originalUsers = toOriginal("sas_to_original_users.txt");
    const originalItems = toOriginal("sas_to_original_items.txt");
    const isFrequent = new Set(originalItems.values());
    const userIndices = new Map(whole.interactions.userIds.map((id, u) => [id, u]));
    let equal = 0;
    for (const [u, userId] of sequences.interactions.userIds.entries()) {
      const original = userIndices.get(originalUsers.get(userId) ?? "") ?? -1;
      const expected = itemsOf(sequences, u).map((id) => originalItems.get(id));
      const found = itemsOf(whole, original).filter((id) => isFrequent.has(id));
      if (expected.join() === found.join()) equal++;
    }
    expect(equal).toBe(6040);
    expect(sequences.films.size).toBe(3416);
  });

  it("ml-1m says what is known of the time between rows", async () => {
    const { userIds, offsets, gaps, timestamps } = (await load("ml-1m")).interactions;
    const found = { unknown: 0, real: 0, wrong: 0 };
    for (const [u, userId] of userIds.entries()) {
      for (let row = offsets[u] + 1; row < offsets[u + 1]; row++) {
        if (Number.isNaN(gaps?.[row])) found.unknown++;
        if (Number(userId) > 2999) continue;
        // All times of these users are real.
        found.real++;
        const gap = (timestamps?.[row] ?? 0) - (timestamps?.[row - 1] ?? 0);
        if (gaps?.[row] !== gap) found.wrong++;
      }
    }
    // Of the 61,116 pairs of which ties say nothing 132 have two real times.
    expect(found).toEqual({ unknown: 61_116 - 132, real: 487_650 - 2999, wrong: 0 });
  });

  it("letterboxd has its ratings", async () => {
    const dataset = await load("letterboxd");
    expect(countsOf(dataset)).toEqual([49_705, 13_293, 19_375_449]);
    const { ratings, historyLengths } = describeInteractions(dataset.interactions);
    expect(ratings?.map(({ count }) => count)).toEqual([
      269_867, 489_174, 502_932, 1_236_882, 1_468_872, 3_231_481, 3_441_862, 4_454_836, 2_087_731,
      2_191_812,
    ]);
    expect([historyLengths.median, historyLengths.max]).toEqual([333, 1725]);
    expect([...dataset.films.values()].filter((film) => film.year !== null)).toHaveLength(13_292);
  });

  it("three of them joined are the data of the model that ships", async () => {
    const names = ["ml-latest-small", "ml-1m", "ml-100k"];
    const datasets = await Promise.all(names.map((name) => load(name)));
    const joined = joinDatasets(datasets);
    expect(countsOf(joined)).toEqual([7593, 10_557, 1_200_729]);
    expect([joined.rowsWithoutFilm, joined.rowsRepeated]).toEqual([9, 307]);
    const shareable = joinDatasets(datasets, { onlyShareableTitles: true });
    expect(countsOf(shareable)).toEqual([7593, 9728, 1_184_383]);
    expect([shareable.rowsWithoutFilm, shareable.rowsRepeated]).toEqual([16_358, 304]);
    const named = datasets[0].films;
    expect(
      [...shareable.films].filter(([id, film]) => named.get(id)?.title !== film.title),
    ).toEqual([]);
  });

  it.each([
    ["ml-100k", 1682],
    ["ml-1m", 3883],
    ["ml-10m", 10_681],
    ["ml-25m", 62_423],
    ["ml-latest", 86_537],
    ["ml-latest-small", 9742],
    ["movietweetings", 22_438],
  ])("%s lists its films", async (folder, count) => {
    const films = await readFilms(sharedData(folder));
    expect(films.size).toBe(count);
    const moved = [...films.values()].filter(({ title }) => /, (The|An|Les?|La|Il)$/.test(title));
    expect(moved).toEqual([]);
  });

  it.each([
    ["ml-25m", "ratings.csv"],
    ["ml-10m", "ratings.dat"],
    ["ml-latest", "ratings.csv"],
  ])("%s says that its %s is missing", async (folder, ratings) => {
    await expect(load(folder)).rejects.toThrow(`${folder}: has no ${ratings}`);
  });
});

function itemsOf({ interactions }: Dataset, u: number): string[] {
  const { offsets, items, itemIds } = interactions;
  return [...items.subarray(offsets[u], offsets[u + 1])].map((item) => itemIds[item]);
}
