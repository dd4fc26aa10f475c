/**
 * What a user reads when data is not as it should be: file, line, value seen and the way out.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { makeZip } from "../../test/make-zip.ts";
import { EnvironmentError, InputError } from "../common/errors.ts";
import type { LoadOptions } from "./dataset.ts";
import { loadDataset } from "./load-dataset.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The message of the InputError that reading these files ends with, less the test's folder. */
async function messageFor(
  files: Readonly<Record<string, string | Uint8Array>>,
  named: string,
  options: LoadOptions = {},
): Promise<string> {
  const path = await dataFolder(files);
  const temp = await dataFolder({});
  vi.stubEnv("TMPDIR", temp);
  const error: unknown = await loadDataset(join(path, named), options).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  expect(await readdir(temp)).toEqual([]); // nothing is left behind
  return (error as Error).message.replaceAll(`${path}/`, "");
}

const rows = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, k) => `${(k % 97) + 1}::${k}::${(k % 5) + 1}::${978300760 + k}`,
  );

describe("a .dat file", () => {
  const good = rows(5000);
  const withLine = (at: number, line: string): Record<string, string> => ({
    "ratings.dat": `${good.with(at - 1, line).join("\n")}\n`,
  });

  it.each([
    ["1::2::3", 'expected 4 fields separated by "::", got 3: "1::2::3"'],
    ["1::2::3::4::5", 'expected 4 fields separated by "::", got 5: "1::2::3::4::5"'],
    ["garbage", 'expected 4 fields separated by "::", got 1: "garbage"'],
    ["1::2::four::4", 'expected a number as rating, got "four" in "1::2::four::4"'],
    ["1::2::::4", 'expected a rating, got none in "1::2::::4"'],
    ["1::2::nan::4", 'expected a number as rating, got "nan" in "1::2::nan::4"'],
    ["1::2::3::noon", 'expected whole seconds since 1970, got "noon" in "1::2::3::noon"'],
    ["::2::3::4", 'expected a user, got none in "::2::3::4"'],
    ["1::::3::4", 'expected an item, got none in "1::::3::4"'],
    ["1::2::7::4", "expected a rating from 0.5 to 5 in steps of 0.5, got 7 in"],
    ["1::2::-1::4", "expected a rating from 0.5 to 5 in steps of 0.5, got -1 in"],
    ["1::2::3.2::4", "expected a rating from 0.5 to 5 in steps of 0.5, got 3.2 in"],
  ])("names the line of %j", async (line, problem) => {
    const message = await messageFor(withLine(4321, line), "");
    expect(message).toContain(`ratings.dat: line 4321: ${problem}`);
    expect(message).toMatch(/; (correct|fetch|remove)[^;]*$/);
  });

  it("says that a file whose last line is cut is cut short", async () => {
    const text = good.join("\n").slice(0, -11);
    expect(await messageFor({ "ratings.dat": text }, "")).toBe(
      'ratings.dat: line 5000: expected 4 fields separated by "::", got 3: "53::4999::5"; ' +
        "the file is cut short, fetch or write it again",
    );
  });

  it("says where a gzip file ends early, even between two lines", async () => {
    const packed = gzipSync(good.join("\n"), { level: 0 });
    const cut = packed.subarray(0, packed.length >> 1);
    const message = await messageFor({ "ratings.dat.gz": cut }, "");
    expect(message).toMatch(
      /^ratings\.dat\.gz: the compressed data ends early after line \d+, ".*"; the file is cut short or corrupt, fetch it again$/,
    );
  });

  it("notices a gzip file that lacks but its checksum, or has a wrong one", async () => {
    const packed = gzipSync(good.join("\n"));
    const cut = await messageFor({ "ratings.dat.gz": packed.subarray(0, -4) }, "");
    expect(cut).toContain("ratings.dat.gz: the compressed data ends early after line");
    packed[packed.length - 6] ^= 1;
    const damaged = await messageFor({ "ratings.dat.gz": packed }, "");
    expect(damaged).toContain("ratings.dat.gz: the compressed data is damaged after line");
    const other = await messageFor({ "ratings.dat.gz": "plain text" }, "");
    expect(other).toContain("ratings.dat.gz: the compressed data is damaged in line 1;");
  });

  it("refuses an empty file", async () => {
    const message =
      "ratings.dat: line 1: expected rows of interactions, the file is empty; give a whole copy of it";
    expect(await messageFor({ "ratings.dat": "" }, "")).toBe(message);
    expect(await messageFor({ "ratings.dat": "\n\n" }, "")).toBe(message);
  });

  it("knows how many lines a published file has", async () => {
    expect(await messageFor({ "ml-1m/ratings.dat": `${good.join("\n")}\n` }, "ml-1m")).toBe(
      "ml-1m/ratings.dat: expected 1000209 lines, got 5000; the file is cut short, fetch it again",
    );
    const stated = {
      "README.txt": "This dataset (ml-latest-small) ... It contains 100836 ratings and 3683 tags",
      "ratings.csv": "userId,movieId,rating,timestamp\n1,2,3,4\n",
    };
    expect(await messageFor(stated, "")).toContain(
      "ratings.csv: expected 100836 lines below the header, got 1;",
    );
  });

  it("refuses ratings of MovieTweetings beyond its own scale", async () => {
    const files = { "movietweetings/ratings.dat": "1::0054890::10::20\n1::0068646::11::10\n" };
    expect(await messageFor(files, "movietweetings")).toContain(
      "line 2: expected a rating from 0 to 10 in steps of 1, got 11",
    );
  });

  it("refuses repeated rows where asked to", async () => {
    const files = { "ratings.dat": "1::2::3::4\n1::3::3::4\n1::2::4::5\n" };
    expect(await messageFor(files, "", { strict: true })).toBe(
      "ratings.dat: line 3: user 1 and item 2 were there already, in line 1; remove one, " +
        "or leave out --strict to keep the latest",
    );
  });

  it("refuses an order of another length than the ratings", async () => {
    const files = { ...withLine(1, good[0]), "ratings_order.csv": "sequence_rank\n0\n1\n" };
    expect(await messageFor(files, "")).toContain(
      "ratings_order.csv: expected 5000 lines below the header, one for each rating, got 2",
    );
  });
});

describe("a folder", () => {
  it("that is not there is named", async () => {
    expect(await messageFor({}, "ml-3m")).toMatch(/^ml-3m: .*found nothing of this name; check/);
  });

  it("without ratings is told which file is missing", async () => {
    const files = { "ml-25m/movies.csv.gz": gzipSync("movieId,title,genres\n1,A,B\n") };
    expect(await messageFor(files, "ml-25m")).toBe(
      "ml-25m: has no ratings.csv (nor ratings.csv.gz), only a list of films, movies.csv.gz; put the " +
        "file of ratings beside it or fetch the whole set again, e.g. with `usher data fetch ml-25m`",
    );
  });

  it("without any data set is told what was looked for and found", async () => {
    expect(await messageFor({ "x/a.jpg": "" }, "x")).toMatch(
      /expected a file of ratings.*found a\.jpg;/,
    );
    const folder = await dataFolder({});
    await expect(loadDataset(folder)).rejects.toThrow(/found an empty folder/);
  });

  it("with several sequence files is asked for one", async () => {
    const files = { "x/a.txt": "1 2\n", "x/b.txt.gz": gzipSync("1 2\n") };
    expect(await messageFor(files, "x")).toContain("(a.txt, b.txt.gz); name one of them");
  });
});

describe("a zip archive", () => {
  const archive = makeZip({ "ml/ratings.dat": `${rows(3000).join("\n")}\n` });

  it("that is cut short or something else is refused", async () => {
    const cut = await messageFor({ "ml.zip": archive.subarray(0, -30) }, "ml.zip");
    expect(cut).toMatch(/^ml\.zip: expected a zip archive \(.*\); the file is cut short/);
    expect(await messageFor({ "ml.zip": "not a zip" }, "ml.zip")).toContain(
      "expected a zip archive",
    );
  });

  it("with a wrong checksum or damaged content is refused", async () => {
    const wrong = Buffer.from(archive);
    const listing = wrong.indexOf("PK\x01\x02");
    wrong[listing + 16] ^= 1; // the CRC-32 in the list of files
    expect(await messageFor({ "ml.zip": wrong }, "ml.zip")).toMatch(
      /^ml\.zip: ml\/ratings\.dat: expected CRC-32 [0-9a-f]{8}, got [0-9a-f]{8}; the archive is damaged/,
    );
    const damaged = Buffer.from(archive);
    damaged.fill(0xff, 200, 400);
    expect(await messageFor({ "ml.zip": damaged }, "ml.zip")).toMatch(
      /^ml\.zip: ml\/ratings\.dat: the compressed data is damaged/,
    );
  });
});

describe("your own file", () => {
  const columns: LoadOptions = { userColumn: "who", itemColumn: "what" };

  it("says that a file of one's own is empty", async () => {
    const columns = { userColumn: "who", itemColumn: "what" };
    expect(await messageFor({ "my.csv": "" }, "my.csv", columns)).toBe(
      'my.csv: line 1: expected a column "who" and "what", the file is empty; give a whole copy of it',
    );
    expect(await messageFor({ "my.csv": "who,what\n" }, "my.csv", columns)).toContain(
      "the file is empty; give a whole copy of it",
    );
  });

  it("needs the names of its columns", async () => {
    const files = { "my.csv": "who,what\na,b\n" };
    expect(await messageFor(files, "my.csv")).toMatch(
      /line 1: expected the header "userId,.*--user-column/,
    );
    expect(await messageFor(files, "my.csv", { userColumn: "who" })).toContain(
      "--item-column (none)",
    );
    expect(await messageFor(files, "my.csv", { userColumn: "user", itemColumn: "what" })).toBe(
      'my.csv: line 1: expected a column "user", the file has who, what; name columns that are there',
    );
    expect(await messageFor(files, "my.csv", { userColumn: "who", itemColumn: "who" })).toContain(
      'column "who" is named for two purposes',
    );
    expect(await messageFor({ "my.bin": "x" }, "my.bin")).toContain("not a file of a known set");
  });

  it.each([
    ['a,"b', 'line 3: a quoted field is never closed: "a,\\"b"'],
    ["a", 'line 3: expected 2 fields separated by ",", got 1: "a"'],
    ["a,", 'line 3: expected an item, got none in "a,"'],
    ['a,""', "line 3: expected an item, got none in"],
  ])("with the line %j is refused", async (line, problem) => {
    const files = { "my.csv": `who,what\na,b\n${line}\n` };
    expect(await messageFor(files, "my.csv", columns)).toContain(`my.csv: ${problem}`);
  });

  it("with a bad rating or time is refused, behind quoted line ends too", async () => {
    const head = 'who,what,stars,when\na,"b\nb",1,2\n';
    const options = { ...columns, ratingColumn: "stars", timeColumn: "when" };
    const stars = await messageFor({ "my.csv": `${head}a,c,many,3\n` }, "my.csv", options);
    expect(stars).toContain('my.csv: line 4: expected a number as rating, got "many"');
    const when = await messageFor({ "my.csv": `${head}a,c,1,soon\n` }, "my.csv", options);
    expect(when).toContain('my.csv: line 4: expected a number or date as time, got "soon"');
    const infinite = await messageFor({ "my.csv": `${head}a,c,inf,5\n` }, "my.csv", options);
    expect(infinite).toContain('my.csv: line 4: expected a number as rating, got "inf"');
  });

  it("that is not UTF-8 is refused", async () => {
    const text = Buffer.from("who,what\na,caf\xe9\n", "latin1");
    expect(await messageFor({ "my.csv": text }, "my.csv", columns)).toContain(
      "my.csv: line 2: expected UTF-8 text",
    );
  });

  it("of JSON lines is checked line by line", async () => {
    const head = '{"who": "a", "what": 1, "stars": 3}\n';
    const options = { ...columns, ratingColumn: "stars" };
    const of = (line: string): Promise<string> =>
      messageFor({ "my.jsonl": `${head}${line}\n` }, "my.jsonl", options);
    expect(await of('{"who": "a", "what":')).toContain(
      "my.jsonl: line 2: expected one JSON object",
    );
    expect(await of("[1]")).toContain("my.jsonl: line 2: expected one JSON object, got");
    expect(await of('{"who": "a", "stars": 3}')).toContain(
      'line 2: expected an item under "what", got none',
    );
    expect(await of('{"who": "a", "what": 2, "stars": "x"}')).toContain(
      'line 2: expected a number as rating, got "x"',
    );
  });

  it("that should be Parquet is refused when it is not", async () => {
    expect(await messageFor({ "my.parquet": "PAR2" }, "my.parquet", columns)).toContain(
      "my.parquet: expected a Parquet file",
    );
  });
});

describe("a file of one user a line", () => {
  it("names the line that has no item, and the user that comes twice", async () => {
    expect(await messageFor({ "a.txt": "1 2 3\n2\n3 4 5\n" }, "a.txt")).toBe(
      'a.txt: line 2: expected a user and at least one item, got "2"; ' +
        "fetch the file again, or correct the line",
    );
    expect(await messageFor({ "a.txt": "1 2 3\n1 4 5\n" }, "a.txt")).toContain(
      "a.txt: line 2: expected each user on one line, got user 1 again",
    );
  });

  it("of Letterboxd needs as many ratings as gaps", async () => {
    for (const line of ["0 1\t5", "0 0\t55", "0 1\t0B", "0 x\t55"]) {
      expect(await messageFor({ "ratings.tsv": `0\t5\n${line}\n` }, "")).toContain(
        "ratings.tsv: line 2:",
      );
    }
  });
});

describe("minimums", () => {
  it("must be numbers that make sense, and leave something", async () => {
    const files = { "ratings.dat": "1::2::3::4\n" };
    expect(await messageFor(files, "", { minUserInteractions: 0 })).toContain(
      "minUserInteractions: expected",
    );
    expect(await messageFor(files, "", { minRating: Number.NaN })).toContain(
      "minRating: expected a number",
    );
    expect(await messageFor(files, "", { minRating: 4 })).toContain(
      "none of 1 interactions is left",
    );
  });
});

it("a folder for temporary files that cannot be made is not the data's fault", async () => {
  const path = await dataFolder({ "ratings.dat": "1::2::3::4\n" });
  vi.stubEnv("TMPDIR", join(path, "missing"));
  await expect(loadDataset(path)).rejects.toThrow(EnvironmentError);
});
