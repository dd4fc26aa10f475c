import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFilmTitle } from "./film-title.ts";

describe("parseFilmTitle", () => {
  const cases: [raw: string, title: string, year: number | null, alternatives: string[]][] = [
    ["Toy Story (1995)", "Toy Story", 1995, []],
    ["Matrix, The (1999)", "The Matrix", 1999, []],
    ["Postman, The (Postino, Il) (1994)", "The Postman", 1994, ["Il Postino"]],
    ["Postino, Il (The Postman) (1994)", "Il Postino", 1994, ["The Postman"]],
    [
      "City of Lost Children  The (Cité  La) (1995)",
      "The City of Lost Children",
      1995,
      ["La Cité"],
    ],
    ["Seven (a.k.a. Se7en) (1995)", "Seven", 1995, ["Se7en"]],
    ["Enfer, L' (1994)", "L'Enfer", 1994, []],
    ["Vitelloni, I (1953)", "I Vitelloni", 1953, []],
    ["matrix, the", "the matrix", null, []],
    ["Die, Mommie, Die (2003)", "Die, Mommie, Die", 2003, []],
    ["Corrina, Corrina (1994)", "Corrina, Corrina", 1994, []],
    ["Babies(s) (2010)", "Babies(s)", 2010, []],
    ["Evangelion: 3.0 You Can (Not) Redo (2012)", "Evangelion: 3.0 You Can (Not) Redo", 2012, []],
    [
      "Sauve (Slow Motion) (Sauve (la vie)) (1980)",
      "Sauve",
      1980,
      ["Slow Motion", "Sauve (la vie)"],
    ],
    ["Hidden (a.k.a. Cache) (Caché) (2005)", "Hidden", 2005, ["Cache", "Caché"]],
    [
      "White Balloon, The (Badkonake Sefid ) (1995)",
      "The White Balloon",
      1995,
      ["Badkonake Sefid"],
    ],
    ["Die, Monster, Die! (1965)", "Die, Monster, Die!", 1965, []],
    ["Monsters, Inc. (2001)", "Monsters, Inc.", 2001, []],
    ["Hawaii, Oslo (2004)", "Hawaii, Oslo", 2004, []],
    ["2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968, []],
    ["1984", "1984", null, []],
    ["(500) Days of Summer (2009)", "(500) Days of Summer", 2009, []],
    ["Love Letter (1995) ", "Love Letter", 1995, []],
    ["Land Before Time III, The (1995) (V)", "The Land Before Time III", 1995, []],
    ["Fawlty Towers (1975-1979)", "Fawlty Towers", 1975, []],
    ["Adventure Time (2010– )", "Adventure Time", 2010, []],
    ["unknown", "unknown", null, []],
    ["", "", null, []],
    ["(1999)", "(1999)", null, []],
    ["Time of Burning Love (Mona) (1983))", "Time of Burning Love", 1983, ["Mona"]],
    [
      "The Naked Truth (1957) (Your Past Is Showing)",
      "The Naked Truth",
      1957,
      ["Your Past Is Showing"],
    ],
    ["Don Quixote (1973) (1973)", "Don Quixote", 1973, []],
    ["Ah Boys To Men (Part 2) (2013)", "Ah Boys To Men (Part 2)", 2013, []],
    ["Odd ) title)", "Odd ) title)", null, []],
    [
      "Godzilla vs. Hedorah (Gojira tai Hedorâ) (Godzilla vs. The Smog Monster) (1971)",
      "Godzilla vs. Hedorah",
      1971,
      ["Gojira tai Hedorâ", "Godzilla vs. The Smog Monster"],
    ],
    [
      "Birdman: Or (The Unexpected Virtue of Ignorance) (2014)",
      "Birdman: Or (The Unexpected Virtue of Ignorance)",
      2014,
      [],
    ],
  ];

  it.each(cases)("reads %j", (raw, title, year, alternatives) => {
    expect(parseFilmTitle(raw)).toEqual({ title, year, alternatives });
  });

  it("leaves its own titles as they are", () => {
    for (const [, title] of cases) expect(parseFilmTitle(title).title).toBe(title);
    const word = fc.constantFrom("Matrix", "The", "A", "Il", "(Not)", "L'Enfer", "1984", "and");
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const { title } = parseFilmTitle(words.join(" "));
        expect(parseFilmTitle(title).title).toBe(title);
      }),
    );
  });
});
