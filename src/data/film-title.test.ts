import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasSharedData, sharedData } from "../../test/shared-data.ts";
import { parseFilmTitle } from "./film-title.ts";

describe("parseFilmTitle", () => {
  test.each([
    ["Toy Story (1995)", "Toy Story", 1995, []],
    ["Matrix, The (1999)", "The Matrix", 1999, []],
    ["matrix, the", "the matrix", null, []],
    ["American in Paris, An (1951)", "An American in Paris", 1951, []],
    ["Enfer, L' (1994)", "L'Enfer", 1994, []],
    ["Vitelloni, I (1953)", "I Vitelloni", 1953, []],
    ["Postman, The (Postino, Il) (1994)", "The Postman", 1994, ["Il Postino"]],
    ["Seven (a.k.a. Se7en) (1995)", "Seven", 1995, ["Se7en"]],
    [
      "Asterix in America (a.k.a Asterix Conquers America) (1994)",
      "Asterix in America",
      1994,
      ["Asterix Conquers America"],
    ],
    ["Hidden (a.k.a. Cache) (Caché) (2005)", "Hidden", 2005, ["Cache", "Caché"]],
    [
      "Lord of the Rings: The Return of the King, The (2003)",
      "The Lord of the Rings: The Return of the King",
      2003,
      [],
    ],
    ["M*A*S*H (a.k.a. MASH) (1970)", "M*A*S*H", 1970, ["MASH"]],
    [
      "Every Man for Himself (Slow Motion) (Sauve qui peut (la vie)) (1980)",
      "Every Man for Himself",
      1980,
      ["Slow Motion", "Sauve qui peut (la vie)"],
    ],
    [
      "Land Before Time III: The Time of the Great Giving (1995) (V)",
      "Land Before Time III: The Time of the Great Giving",
      1995,
      [],
    ],
    ["Death Note: Desu nôto (2006–2007)", "Death Note: Desu nôto", 2006, []],
    [
      "The Naked Truth (1957) (Your Past Is Showing)",
      "The Naked Truth",
      1957,
      ["Your Past Is Showing"],
    ],
    [
      "White Balloon, The (Badkonake Sefid ) (1995)",
      "The White Balloon",
      1995,
      ["Badkonake Sefid"],
    ],
  ])("takes %s apart", (raw, title, year, alternatives) => {
    expect(parseFilmTitle(raw)).toEqual({ title, year, alternatives });
  });

  test.each([
    ["Babylon 5", "Babylon 5", null],
    ["1984", "1984", null],
    ["2012 (2009)", "2012", 2009],
    ["Blade Runner 2049 (2017)", "Blade Runner 2049", 2017],
    ["(500) Days of Summer (2009)", "(500) Days of Summer", 2009],
    ["Evangelion: 3.0 You Can (Not) Redo (2012)", "Evangelion: 3.0 You Can (Not) Redo", 2012],
    [
      "Birdman: Or (The Unexpected Virtue of Ignorance) (2014)",
      "Birdman: Or (The Unexpected Virtue of Ignorance)",
      2014,
    ],
    ["Babies(s) (2010)", "Babies(s)", 2010],
    ["Die, Mommie, Die (2003)", "Die, Mommie, Die", 2003],
    ["Corrina, Corrina (1994)", "Corrina, Corrina", 1994],
    ["Good Morning, Vietnam (1987)", "Good Morning, Vietnam", 1987],
    ["(1999)", "(1999)", null],
    ["", "", null],
  ])("keeps what belongs to %s", (raw, title, year) => {
    expect(parseFilmTitle(raw)).toEqual({ title, year, alternatives: [] });
  });

  test("leaves a title taken apart as it is", () => {
    const word = fc.constantFrom("Matrix", "The", "A", "Il", "(Not)", "L'Enfer", "1984", "and");
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const { title } = parseFilmTitle(words.join(" "));
        expect(parseFilmTitle(title).title).toBe(title);
      }),
    );
  });

  test.skipIf(!hasSharedData)("finds the year of every film of ml-1m", () => {
    const lines = readFileSync(sharedData("ml-1m", "movies.dat"), "latin1").trimEnd().split("\n");
    const parsed = lines.map((line) => parseFilmTitle(line.split("::")[1]));
    expect(parsed).toHaveLength(3883);
    expect(parsed.filter((film) => film.year === null)).toEqual([]);
    expect(parsed.filter((film) => /, (?:The|An?|Il|Les?|La|El)$/.test(film.title))).toEqual([]);
  });
});
