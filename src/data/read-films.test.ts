import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { makeZip } from "../../test/make-zip.ts";
import { InputError } from "../common/errors.ts";
import { readFilms } from "./read-films.ts";

const csv = [
  "movieId,title,genres",
  '58,"Postman, The (Postino, Il) (1994)",Comedy|Drama',
  '2,"Say ""Hi"" (2001)",(no genres listed)',
  "",
].join("\r\n");

describe("readFilms", () => {
  it("reads movies.csv from a folder without ratings, plain, gzipped or zipped", async () => {
    const path = await dataFolder({
      "plain/movies.csv": csv,
      "packed/movies.csv.gz": gzipSync(`\uFEFF${csv}`),
      "all.zip": makeZip({ "all/movies.csv": csv, "all/README.txt": "" }),
    });
    for (const source of ["plain", "plain/movies.csv", "packed", "all.zip"]) {
      expect([...(await readFilms(join(path, source)))]).toEqual([
        [
          "58",
          {
            itemId: "58",
            title: "The Postman",
            year: 1994,
            genres: ["Comedy", "Drama"],
            alternatives: ["Il Postino"],
          },
        ],
        ["2", { itemId: "2", title: 'Say "Hi"', year: 2001, genres: [] }],
      ]);
    }
  });

  it("reads UTF-8 and Latin-1", async () => {
    const line = "1::Amélie (2001)::Comedy\n";
    const path = await dataFolder({
      "utf8/movies.dat": line,
      "latin1/movies.dat": Buffer.from(line, "latin1"),
    });
    expect((await readFilms(join(path, "utf8"))).get("1")?.title).toBe("Amélie");
    expect((await readFilms(join(path, "latin1"))).get("1")?.title).toBe("Amélie");
  });

  it.each([
    ["movies.dat", "1::A::B\n2::A\n", /movies\.dat: line 2: expected MovieID, title and genres/],
    ["movies.csv", "movieId,title,genres\n1,A\n", /movies\.csv: line 2: expected movieId, title/],
    ["movies.csv", "id,name\n1,A\n", /movies\.csv: line 1: expected a header/],
    ["movies.csv", "movieId,title,genres\n", /movies\.csv: has no films/],
    ["u.item", "1|A|01-Jan-1995||x|0\n", /u\.item: line 1: expected 24 fields/],
    ["other.txt", "", /expected a list of films .*, found other\.txt/],
  ])("refuses a %s of %j", async (name, content, message) => {
    const path = await dataFolder({ [name]: content });
    await expect(readFilms(path)).rejects.toThrow(message);
    await expect(readFilms(path)).rejects.toThrow(InputError);
  });
});
