import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { makeZip } from "../../test/make-zip.ts";
import type { Dataset, LoadOptions } from "./dataset.ts";
import { loadDataset } from "./load-dataset.ts";

/** Each user's items, oldest first, by the data set's own ids. */
function histories({ interactions }: Dataset): Record<string, string[]> {
  const { userIds, itemIds, offsets, items } = interactions;
  return Object.fromEntries(
    userIds.map((id, u) => [
      id,
      [...items.subarray(offsets[u], offsets[u + 1])].map((item) => itemIds[item]),
    ]),
  );
}

const dat = ["2::10::5::300", "1::20::3::200", "1::10::4::100", "2::20::1::300"];
const movies = "10::Matrix, The (1999)::Action|Sci-Fi\n20::Caf\xe9 (1990)::(no genres listed)\n";
const movieLens = {
  "set/ratings.dat": `${dat.join("\n")}\n`,
  "set/movies.dat": Buffer.from(movies, "latin1"),
};

describe("loadDataset", () => {
  it("reads MovieLens .dat files, Latin-1 titles included", async () => {
    const dataset = await loadDataset(join(await dataFolder(movieLens), "set"));
    expect(dataset.name).toBe("set");
    expect(dataset.preparation.format).toBe("movielens-dat");
    expect(dataset.interactions).toEqual({
      userIds: ["2", "1"], // in the order in which the file first names them
      itemIds: ["10", "20"],
      offsets: Uint32Array.of(0, 2, 4),
      items: Uint32Array.of(0, 1, 0, 1), // equal times in file order, else by time
      ratings: Float32Array.of(5, 1, 4, 3),
      timestamps: Float64Array.of(300, 300, 100, 200),
    });
    expect([...dataset.films.values()]).toEqual([
      { itemId: "10", title: "The Matrix", year: 1999, genres: ["Action", "Sci-Fi"] },
      { itemId: "20", title: "Café", year: 1990, genres: [] },
    ]);
  });

  it("reads the same plain, gzipped, zipped and by the name of the file", async () => {
    const ratings = movieLens["set/ratings.dat"];
    const path = await dataFolder({
      ...movieLens,
      "gz/ratings.dat.gz": gzipSync(ratings),
      "gz/movies.dat.gz": gzipSync(movieLens["set/movies.dat"]),
      "archive.zip": makeZip(movieLens),
      "odd [1]*/ratings.dat": ratings,
    });
    const whole = await loadDataset(join(path, "set"));
    for (const other of ["gz", "gz/ratings.dat.gz", "archive.zip", "set/ratings.dat"]) {
      const dataset = await loadDataset(join(path, other));
      expect(dataset.fingerprint).toBe(whole.fingerprint);
      expect(dataset.films).toEqual(whole.films);
    }
    const odd = await loadDataset(join(path, "odd [1]*"));
    expect(odd.fingerprint).toBe(whole.fingerprint);
  });

  it.each(["\n", "\r\n"])("reads MovieLens CSV with lines that end in %j", async (end) => {
    const path = await dataFolder({
      "ratings.csv": ["userId,movieId,rating,timestamp", "1,2,0.5,20", "1,3,5.0,10", ""].join(end),
      "movies.csv": ["movieId,title,genres", '2,"Kid, The (1921)",Comedy', ""].join(end),
    });
    const dataset = await loadDataset(path);
    expect(histories(dataset)).toEqual({ 1: ["3", "2"] });
    expect([...(dataset.interactions.ratings ?? [])]).toEqual([5, 0.5]);
    expect(dataset.films.get("2")?.title).toBe("The Kid");
  });

  it("reads MovieLens 100K", async () => {
    const flags = Array.from({ length: 19 }, (_, k) => (k === 1 || k === 5 ? 1 : 0)).join("|");
    const path = await dataFolder({
      "u.data": "196\t242\t3\t881250949\n196\t7\t5\t881250948\n",
      "u.item": `7|GoldenEye (1995)|01-Jan-1995||http://x|${flags}\n`,
    });
    const dataset = await loadDataset(path);
    expect(histories(dataset)).toEqual({ 196: ["7", "242"] });
    expect(dataset.films.get("7")?.genres).toEqual(["Action", "Comedy"]);
  });

  it("knows MovieTweetings by its IMDb ids, which keep their zeros", async () => {
    const path = await dataFolder({ "ratings.dat": "1::0054890::0::20\n1::0068646::10::10\n" });
    const dataset = await loadDataset(path);
    expect([dataset.name, dataset.preparation.format]).toEqual([
      "movietweetings",
      "movietweetings",
    ]);
    expect(histories(dataset)).toEqual({ 1: ["0068646", "0054890"] });
  });

  it("reads `user item` sequences in file order, and keeps repeats", async () => {
    const path = await dataFolder({ "walks.txt": "1 5\n2 5\n1 6\n1 5\n" });
    const dataset = await loadDataset(path, { strict: true });
    expect(histories(dataset)).toEqual({ 1: ["5", "6", "5"], 2: ["5"] });
    expect(dataset.interactions.timestamps).toBeNull();
    expect([dataset.name, dataset.preparation.duplicates]).toEqual(["walks", "kept"]);
  });

  it("reads sequences of one user a line", async () => {
    const path = await dataFolder({ "walks.txt": "1 5 6 5\n2 5 7\n3 9\n" });
    const dataset = await loadDataset(join(path, "walks.txt"));
    expect(dataset.preparation.format).toBe("sequence-lines");
    expect(histories(dataset)).toEqual({ 1: ["5", "6", "5"], 2: ["5", "7"], 3: ["9"] });
  });

  it("gives a renumbered MovieLens 1M sequence the titles of the ml-1m beside it", async () => {
    const path = await dataFolder({
      "ml-1m/movies.dat": "1198::Raiders (1981)::Action\n",
      "seq/walks.txt": "1 1\n1 2\n",
      "seq/sas_to_original_items.txt": "1 1198\n2 3\n",
    });
    const { films } = await loadDataset(join(path, "seq", "walks.txt"));
    expect([...films.keys()]).toEqual(["1"]);
    expect(films.get("1")).toEqual({
      itemId: "1",
      title: "Raiders",
      year: 1981,
      genres: ["Action"],
    });
  });

  it("reads Letterboxd's gaps and ratings", async () => {
    const path = await dataFolder({
      "ratings.tsv": "0 2 1\t19A\n2\t5\n",
      "movies.csv":
        "movie_index,slug,title,year,genres\n2,m,The Kid,1921,Comedy|Drama\n3,n,No Year,,\n",
    });
    const dataset = await loadDataset(path);
    expect(histories(dataset)).toEqual({ 1: ["0", "2", "3"], 2: ["2"] });
    expect([...(dataset.interactions.ratings ?? [])]).toEqual([0.5, 4.5, 5, 2.5]);
    expect(dataset.films.get("2")?.genres).toEqual(["Comedy", "Drama"]);
    expect(dataset.films.get("3")?.year).toBeNull();
  });

  it("orders by ratings_order.csv where it lies beside the ratings", async () => {
    const order = ["sequence_rank,time_rank", "1,0", "0,1", "1,1", "0,0", ""].join("\n");
    const path = await dataFolder({ ...movieLens, "set/ratings_order.csv": order });
    const dataset = await loadDataset(join(path, "set"));
    expect(histories(dataset)).toEqual({ 2: ["20", "10"], 1: ["20", "10"] });
    expect(dataset.preparation.order).toBe("sequence_rank of ratings_order.csv");
  });

  it("takes what ratings_order.csv knows of times, across rows that are left out", async () => {
    const lines = [10, 20, 30, 40, 50, 60].map(
      (film, i) => `1::${film}::${film % 20 ? 5 : 1}::${9 + i}`,
    );
    // The first three share a second; the times of 50 and 60 are known.
    const known = [",0", "1,0", "1,0", ",0", "0,1", "0,1"].map((fields, i) => `${i},${fields}`);
    const columns = "sequence_rank,tied_with_previous,timestamp_is_real";
    const path = await dataFolder({
      "ratings.dat": `${lines.join("\n")}\n`,
      "ratings_order.csv": [columns, ...known, ""].join("\n"),
    });
    const gapsOf = async (options?: LoadOptions): Promise<number[]> =>
      Array.from((await loadDataset(path, options)).interactions.gaps ?? []);
    const { NaN: unknown, POSITIVE_INFINITY: later } = Number;
    expect(await gapsOf()).toEqual([unknown, 0, 0, unknown, later, 1]);
    // 10 and 30 are tied over 20; 50 came later than 30, over 40 of which nothing is known.
    expect(await gapsOf({ minRating: 4 })).toEqual([unknown, 0, later]);
  });

  it("drops duplicates, counts them, and applies the minimums", async () => {
    const lines = ["1::10::5::1", "1::10::5::1", "1::20::2::2", "1::20::4::3", "2::10::3::1"];
    const path = await dataFolder({ "ratings.dat": `${lines.join("\n")}\n` });
    const dataset = await loadDataset(path, { minRating: 4, minUserInteractions: 2 });
    expect(histories(dataset)).toEqual({ 1: ["10", "20"] });
    expect(dataset.counts).toEqual({
      rowsRead: 5,
      identicalDropped: 1,
      conflictsResolved: 1,
      belowMinRating: 1,
      belowMinInteractions: 0,
      usersRemoved: 1,
      itemsRemoved: 0,
    });
    expect(dataset.preparation).toMatchObject({ minRating: 4, minUserInteractions: 2 });
  });

  it("changes its fingerprint with any value", async () => {
    const base = "1::10::5::1\n1::20::4::2\n";
    const others = [
      "1::10::5::1\n1::20::4::3\n",
      "1::10::5::1\n1::20::3::2\n",
      "1::10::5::1\n1::21::4::2\n",
    ];
    const fingerprints = [];
    for (const text of [base, ...others]) {
      const path = await dataFolder({ "ratings.dat": text });
      fingerprints.push((await loadDataset(path)).fingerprint);
    }
    expect(new Set(fingerprints).size).toBe(4);
  });
});

describe("loadDataset on your own data", () => {
  const columns: LoadOptions = { userColumn: "who", itemColumn: "what" };
  const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

  it("keeps UUIDs, 64-bit numbers, leading zeros and quoted text as they are", async () => {
    const ids = [
      uuid,
      "9223372036854775807",
      "18446744073709551616",
      "007",
      "1e3",
      "a,b",
      " 7",
      "-0",
    ];
    const rows = ids.map((id, k) => `${k},"${id}",note`);
    const path = await dataFolder({ "my.csv": ["when,what,who", ...rows].join("\n") });
    const dataset = await loadDataset(join(path, "my.csv"), { ...columns, timeColumn: "when" });
    expect(dataset.interactions.itemIds).toEqual(ids);
    expect([dataset.name, dataset.films.size]).toEqual(["my", 0]);
  });

  it.each(["007", "1e3", "+5", "5.0", "0x10", "1_000", "9223372036854775808"])(
    "does not take %s for a number among numbers",
    async (odd) => {
      const path = await dataFolder({ "ratings.dat": `1::${odd}::5::1\n${odd}::2::5::1\n` });
      const { interactions } = await loadDataset(path, { format: "movielens-dat" });
      expect([interactions.userIds, interactions.itemIds]).toEqual([
        ["1", odd],
        [odd, "2"],
      ]);
    },
  );

  it.each([
    ["tab", "\t"],
    ["semicolon", ";"],
    ["bar", "|"],
  ])("finds out that fields are separated by a %s", async (_name, delimiter) => {
    const rows = [
      ["who", "extra", "what"],
      ["a", "x, y", "1"],
      ["a", "", "2"],
    ];
    const text = rows.map((row) => row.join(delimiter)).join("\n");
    const path = await dataFolder({ "my.csv": `\uFEFF${text}\n` });
    expect(histories(await loadDataset(join(path, "my.csv"), columns))).toEqual({ a: ["1", "2"] });
  });

  it.each([
    ["seconds", ["978300760", "978300761.5"], [978300760, 978300761.5]],
    ["milliseconds", ["978300760000", "978300761500"], [978300760, 978300761.5]],
    ["dates", ["2000-12-31", "2001-01-01"], [978220800, 978307200]],
    ["moments", ["2001-01-01 00:00:00", "2001-01-01T01:00:00.5Z"], [978307200, 978310800.5]],
    ["zones", ["2001-01-01T02:00:00+02:00", "2001-01-01T00:00:00-01:00"], [978307200, 978310800]],
  ])("reads times that are %s", async (_name, times, seconds) => {
    const text = `who,what,when\na,2,${times[1]}\na,1,${times[0]}\n`;
    const path = await dataFolder({ "my.csv": text });
    const dataset = await loadDataset(join(path, "my.csv"), { ...columns, timeColumn: "when" });
    expect([...(dataset.interactions.timestamps ?? [])]).toEqual(seconds);
    expect(histories(dataset)).toEqual({ a: ["1", "2"] });
  });

  it("reads JSON lines, ids as numbers or text", async () => {
    const lines = [
      `{"who": "${uuid}", "what": 12345678901234567890, "stars": 4.5, "when": 20}`,
      `{"what": "007", "who": "${uuid}", "stars": 3, "when": "10", "more": [1]}`,
    ];
    const path = await dataFolder({ "my.jsonl.gz": gzipSync(lines.join("\n")) });
    const options = { ...columns, ratingColumn: "stars", timeColumn: "when" };
    const dataset = await loadDataset(join(path, "my.jsonl.gz"), options);
    expect(histories(dataset)).toEqual({ [uuid]: ["007", "12345678901234567890"] });
    expect([...(dataset.interactions.ratings ?? [])]).toEqual([3, 4.5]);
  });

  it("reads Parquet, whatever types its columns have", async () => {
    const path = await dataFolder({});
    const file = join(path, "my.parquet");
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT * FROM (VALUES
         ('${uuid}'::UUID, 18446744073709551615::UBIGINT, 4.5::DOUBLE, TIMESTAMP '2001-01-01 00:00:01'),
         ('${uuid}'::UUID, 7::UBIGINT, 3::DOUBLE, TIMESTAMP '2001-01-01 00:00:00')
       ) AS t(who, what, stars, "when")) TO '${file}' (FORMAT parquet)`,
    );
    instance.closeSync();
    const options = { ...columns, ratingColumn: "stars", timeColumn: "when" };
    const dataset = await loadDataset(file, options);
    expect(histories(dataset)).toEqual({ [uuid]: ["7", "18446744073709551615"] });
    expect([...(dataset.interactions.timestamps ?? [])]).toEqual([978307200, 978307201]);
    expect(histories(await loadDataset(file, { userColumn: "what", itemColumn: "who" }))).toEqual({
      "7": [uuid],
      "18446744073709551615": [uuid],
    });
  });

  it("orders as sorting by time, then line, would", async () => {
    const row = fc.record({ user: fc.nat(3), item: fc.nat(30), time: fc.nat(3) });
    const unique = {
      minLength: 1,
      maxLength: 40,
      selector: (r: { user: number; item: number }) => `${r.user} ${r.item}`,
    };
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(row, unique), async (rows) => {
        const lines = rows.map(({ user, item, time }) => `u${user},${item},${time}`);
        const path = await dataFolder({ "my.csv": `who,what,when\n${lines.join("\n")}\n` });
        const dataset = await loadDataset(join(path, "my.csv"), { ...columns, timeColumn: "when" });
        const expected: Record<string, string[]> = {};
        for (const { user } of rows) expected[`u${user}`] = [];
        const sorted = rows.toSorted((a, b) => a.time - b.time); // stable by definition
        for (const { user, item } of sorted) expected[`u${user}`].push(String(item));
        expect(histories(dataset)).toEqual(expected);
        expect(dataset.interactions.userIds).toEqual(Object.keys(expected));
        expect(dataset.interactions.itemIds).toEqual([...new Set(rows.map((r) => String(r.item)))]);
      }),
      { numRuns: 15 },
    );
  });
});
