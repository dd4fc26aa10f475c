/** The oracle of the small cases is the eye; of the real lists, counts taken by an outside script. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hasSharedData, sharedData } from "../../../test/shared-data.ts";
import { parseFilmTitle } from "../film-title.ts";
import type { Film } from "../interactions.ts";
import { type FilmList, joinCatalogs } from "./join-catalogs.ts";

/** A list from `id: raw title`. */
function listOf(name: string, titles: Readonly<Record<string, string>>): FilmList {
  const films = Object.entries(titles).map(([itemId, raw]): [string, Film] => [
    itemId,
    { itemId, ...parseFilmTitle(raw), genres: [name] },
  ]);
  return { name, films: new Map(films) };
}

const newer = listOf("newer", {
  a1: "Matrix, The (1999)",
  a2: "Postman, The (Postino, Il) (1994)",
  a3: "Trial, The (Procès, Le) (1962)",
  a4: "Star Wars: Episode IV - A New Hope (1977)",
  a5: "M*A*S*H (a.k.a. MASH) (1970)",
  a6: "Cinderella (1950)",
  a7: "Cinderella (2015)",
  a8: "Grand Day Out with Wallace and Gromit, A (1989)",
  a9: "Hamlet (1996)",
  a10: "Hamlet (1996)",
});

describe("a list with ids of its own", () => {
  const older = listOf("older", {
    1: "Matrix, The (1999)",
    2: "Postino, Il (1994)",
    3: "Trial, The (1963)",
    4: "Star Wars (1977)",
    5: "M*A*S*H (1970)",
    6: "Cinderella (1950)",
    7: "Cinderella (1997)",
    8: "Chasing Amy (1997)",
    a9: "Casablanca (1942)",
  });
  const { films, toJoined, counts } = joinCatalogs([older, newer]);

  test("joins by title and year, in that order of trust", () => {
    expect(Object.fromEntries(toJoined.get("older") ?? [])).toEqual({
      1: "a1",
      2: "a2",
      3: "a3",
      4: "a4",
      5: "a5",
      6: "a6",
      7: "older/7",
      8: "older/8",
      a9: "older/a9",
    });
    expect(counts.get("older")).toEqual({ byId: 0, byTitle: 6, added: 3 });
    expect(counts.get("newer")).toEqual({ byId: 0, byTitle: 0, added: 10 });
  });

  test("leaves titles, years and genres to the newer list, and adds its names", () => {
    expect(films.map((film) => film.itemId)).toEqual([
      ...newer.films.keys(),
      "older/7",
      "older/8",
      "older/a9",
    ]);
    expect(films[2]).toEqual({
      itemId: "a3",
      title: "The Trial",
      alternatives: ["Le Procès"],
      year: 1962,
      genres: ["newer"],
    });
    expect(films[3].alternatives).toEqual(["Star Wars"]);
    expect(films.at(-1)?.genres).toEqual(["older"]);
  });

  test("gives the same, whatever the order", () => {
    expect(joinCatalogs([newer, older])).toEqual({ films, toJoined, counts });
  });

  test("joins two entries of one title and year alike", () => {
    const twice = listOf("twice", { 8: "Matrix, The (1999)", 9: "Matrix, The (1999)" });
    expect([...(joinCatalogs([newer, twice]).toJoined.get("twice") ?? [])]).toEqual([
      ["8", "a1"],
      ["9", "a1"],
    ]);
  });

  test("does not take an entry from the film that fits better", () => {
    const sequel = listOf("sequel", { 1: "Trial, The (1963)", 2: "Trial, The (1962)" });
    expect([...(joinCatalogs([newer, sequel]).toJoined.get("sequel") ?? [])]).toEqual([
      ["1", "sequel/1"],
      ["2", "a3"],
    ]);
  });

  test("does not take a part of a title that two films have", () => {
    const shows = listOf("shows", { 1: "Show: One (2000)", 2: "Show: Two (2000)" });
    const show = listOf("show", { 1: "Show (2000)", 2: "Two (1999)" });
    expect(joinCatalogs([shows, show]).counts.get("show")).toEqual({
      byId: 0,
      byTitle: 0,
      added: 2,
    });
  });
});

describe("a list with the same ids", () => {
  const older = listOf("older", {
    a1: "The Matrix (1999)",
    a2: "Postino, Il (The Postman) (1994)",
    a3: "Trial, The (1963)",
    a8: "Grand Day Out, A (1992)",
    a9: "Hamlet (1996)",
    x5: "M*A*S*H (1970)",
    x6: "Casablanca (1942)",
    x9: "Hamlet (1996)",
  });
  const oldest = listOf("oldest", { 1: "Grand Day Out, A (1992)", 2: "Casablanca (1942)" });
  const { toJoined, counts, films } = joinCatalogs([newer, older, oldest]);

  test("joins by id first, whatever the title, and then by title", () => {
    expect(Object.fromEntries(toJoined.get("older") ?? [])).toEqual({
      a1: "a1",
      a2: "a2",
      a3: "a3",
      a8: "a8",
      a9: "a9",
      x5: "a5",
      x6: "x6",
      x9: "a10",
    });
    expect(counts.get("older")).toEqual({ byId: 5, byTitle: 2, added: 1 });
    expect(films.at(-1)?.itemId).toBe("x6");
  });

  test("lends its names and years to lists older still", () => {
    expect(Object.fromEntries(toJoined.get("oldest") ?? [])).toEqual({ 1: "a8", 2: "x6" });
  });
});

test("no list makes an empty catalog", () => {
  expect(joinCatalogs([]).films).toEqual([]);
});

describe.skipIf(!hasSharedData)("the lists of ml-latest-small, ml-1m and ml-100k", () => {
  const fieldsOf = (set: string, file: string, separator: string): string[][] =>
    readFileSync(sharedData(set, file), set === "ml-latest-small" ? "utf8" : "latin1")
      .trimEnd()
      .split("\n")
      .map((line) => line.split(separator));
  const titlesOf = (rows: string[][]) => Object.fromEntries(rows.map(([id, title]) => [id, title]));
  const latest = () =>
    fieldsOf("ml-latest-small", "movies.csv", "\n")
      .slice(1)
      .map(([line]) => /^(\d+),(?:"((?:[^"]|"")*)"|([^,]*))/.exec(line) as RegExpExecArray)
      .map(([, id, quoted, plain]) => [id, quoted?.replaceAll('""', '"') ?? plain]);

  test("join as counted, M*A*S*H and Star Wars among them", () => {
    const { films, toJoined, counts } = joinCatalogs([
      listOf("ml-100k", titlesOf(fieldsOf("ml-100k", "u.item", "|"))),
      listOf("ml-1m", titlesOf(fieldsOf("ml-1m", "movies.dat", "::"))),
      listOf("ml-latest-small", titlesOf(latest())),
    ]);
    // 2,949 ids are in both files: `cut -d: -f1 movies.dat` against `cut -d, -f1 movies.csv`.
    expect(counts.get("ml-1m")).toEqual({ byId: 2949, byTitle: 10, added: 924 });
    expect(counts.get("ml-100k")).toEqual({ byId: 0, byTitle: 1669, added: 13 });
    expect(films).toHaveLength(9742 + 924 + 13);
    const idOf = (list: string, id: string) => toJoined.get(list)?.get(id);
    expect([idOf("ml-1m", "1294"), idOf("ml-100k", "211")]).toEqual(["5060", "5060"]);
    expect(["50", "172", "181"].map((id) => idOf("ml-100k", id))).toEqual(["260", "1196", "1210"]);
  });
});
