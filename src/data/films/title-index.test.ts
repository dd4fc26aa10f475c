import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasSharedData, sharedData } from "../../../test/shared-data.ts";
import { InputError } from "../../common/errors.ts";
import { parseFilmTitle } from "../film-title.ts";
import type { Film } from "../interactions.ts";
import { createTitleIndex, describeFilm, findFilm, requireFilm } from "./title-index.ts";

const toFilm = (raw: string, index: number): Film => ({
  itemId: `${index + 1}`,
  ...parseFilmTitle(raw),
  genres: [],
});

const RAW = [
  "Matrix, The (1999)",
  "M*A*S*H (a.k.a. MASH) (1970)",
  "WALL·E (2008)",
  "Seven (a.k.a. Se7en) (1995)",
  "Postman, The (Postino, Il) (1994)",
  "Postman, The (1997)",
  "Cinderella (1950)",
  "Cinderella (1997)",
  "Cinderella (2015)",
  "300 (2007)",
  "1984 (Nineteen Eighty-Four) (1984)",
  "2012 (2009)",
  "Blade Runner 2049 (2017)",
  "Blade Runner (1982)",
  "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)",
  "Willy Wonka & the Chocolate Factory (1971)",
  "Misérables, Les (1995)",
  "Avventura, L' (Adventure, The) (1960)",
  "Tin Drum, The (Blechtrommel, Die) (1979)",
  "Die Hard (1988)",
  "Kid, The (1921)",
  "Kid, The (2000)",
  "Kid (1990)",
  "Toy Story (1995)",
  "Toy Story 2 (1999)",
  "Frankenstein (1931)",
  "Mary Shelley's Frankenstein (Frankenstein) (1994)",
  "War of the Worlds (2005)",
  "War of the Worlds (2005)",
  "Star Wars: Episode IV - A New Hope (1977)",
  "Star Wars: Episode V - The Empire Strikes Back (1980)",
  "Babylon 5",
  "(500) Days of Summer (2009)",
  "Death Race 2000 (1975)",
  "Death Race (2008)",
];

const index = createTitleIndex(RAW.map(toFilm));

/** What a query comes to, as raw titles. */
function ask(query: string): string | { kind: string; films: string[] } {
  const lookup = findFilm(index, query);
  if (lookup.kind === "found") return RAW[lookup.index];
  const films = lookup.kind === "ambiguous" ? lookup.candidates : lookup.suggestions;
  return { kind: lookup.kind, films: films.map((film) => RAW[film]) };
}

describe("one film is found", () => {
  test.each([
    ["by its title", "The Matrix", "Matrix, The (1999)"],
    ["as the data set writes it", "Matrix, The (1999)", "Matrix, The (1999)"],
    ["without article", "matrix", "Matrix, The (1999)"],
    ["with an article it does not have", "The Toy Story", "Toy Story (1995)"],
    ["with its year", "The Matrix (1999)", "Matrix, The (1999)"],
    ["with a bare year", "matrix 1999", "Matrix, The (1999)"],
    ["with a year after a comma", "Matrix, 1999", "Matrix, The (1999)"],
    ["with article and bare year", "matrix, the 1999", "Matrix, The (1999)"],
    ["in capitals", "THE MATRIX", "Matrix, The (1999)"],
    ["without asterisks", "mash", "M*A*S*H (a.k.a. MASH) (1970)"],
    ["with asterisks", "M*A*S*H", "M*A*S*H (a.k.a. MASH) (1970)"],
    ["with a hyphen for a dot", "wall-e", "WALL·E (2008)"],
    ["without accents", "leon the professional", RAW[14]],
    ["by another name", "Il Postino", "Postman, The (Postino, Il) (1994)"],
    ["by another name without article", "Postino", "Postman, The (Postino, Il) (1994)"],
    ["by a name with digits", "se7en", "Seven (a.k.a. Se7en) (1995)"],
    ["with and for &", "willy wonka and the chocolate factory", RAW[15]],
    ["without a foreign article", "Miserables", "Misérables, Les (1995)"],
    ["without an apostrophe's article", "avventura", "Avventura, L' (Adventure, The) (1960)"],
    ["by a German name without article", "Blechtrommel", RAW[18]],
    ["under a whole old entry", "Il Postino (The Postman) (1994)", RAW[4]],
    ["among several by its year", "Cinderella (1950)", "Cinderella (1950)"],
    ["among several by a bare year", "cinderella 2015", "Cinderella (2015)"],
    ["by a number", "300", "300 (2007)"],
    ["by a title that looks like a year", "1984", RAW[10]],
    ["by a year as title, and its year", "2012 2009", "2012 (2009)"],
    ["by a title that ends like a year", "Blade Runner 2049", "Blade Runner 2049 (2017)"],
    ["by the title before such a number", "blade runner 1982", "Blade Runner (1982)"],
    ["by a title with an old number", "death race 2000", "Death Race 2000 (1975)"],
    ["where it begins in parentheses", "500 days of summer", "(500) Days of Summer (2009)"],
    ["where it has no year", "babylon 5", "Babylon 5"],
    ["by exactly this title, though others add an article", "Kid", "Kid (1990)"],
    ["by its title, though it is another's second name", "Frankenstein", "Frankenstein (1931)"],
    ["by another name and the year", "Frankenstein (1994)", RAW[26]],
  ])("%s: %s", (_how, query, expected) => {
    expect(ask(query)).toBe(expected);
  });
});

describe("several are refused", () => {
  test.each([
    ["cinderella", ["Cinderella (2015)", "Cinderella (1997)", "Cinderella (1950)"]],
    ["The Kid", ["Kid, The (2000)", "Kid, The (1921)"]],
    ["Postman", ["Postman, The (1997)", "Postman, The (Postino, Il) (1994)"]],
    ["War of the Worlds (2005)", [RAW[27], RAW[28]]],
  ])("%s, newest first", (query, films) => {
    expect(ask(query)).toEqual({ kind: "ambiguous", films });
  });
});

describe("a title nobody has is refused", () => {
  test.each([
    ["a letter too many", "Toy Storry", ["Toy Story (1995)", "Toy Story 2 (1999)"]],
    ["letters exchanged", "The Martix", ["Matrix, The (1999)"]],
    ["a wrong year", "The Matrix (1998)", ["Matrix, The (1999)"]],
    ["a wrong bare year", "matrix 1998", ["Matrix, The (1999)"]],
    ["a series", "Star Wars", [RAW[29], RAW[30]]],
    ["words of a title", "chocolate factory", [RAW[15]]],
    ["an English word that is an article elsewhere", "Hard", ["Die Hard (1988)"]],
    ["nothing like it", "Xyzzy Quux", []],
    ["nothing", "", []],
    ["punctuation", "***", []],
  ])("%s: %s", (_why, query, films) => {
    expect(ask(query)).toEqual({ kind: "not-found", films });
  });
});

describe("the refusal", () => {
  test.each([
    [
      "cinderella",
      '"cinderella": 3 films have this title: "Cinderella (2015)", "Cinderella (1997)", "Cinderella (1950)"; type the title with its year',
    ],
    [
      "War of the Worlds",
      '"War of the Worlds": 2 films have this title: "War of the Worlds (2005)" [id 28], "War of the Worlds (2005)" [id 29]; a year does not tell them apart, choose one with --id',
    ],
    [
      "The Marix",
      '"The Marix": no film has this title; did you mean "The Matrix (1999)"? Type one of them',
    ],
    [
      "The Matrix (1998)",
      '"The Matrix (1998)": no film has this title and year; did you mean "The Matrix (1999)"? Type one of them',
    ],
    [
      "Xyzzy Quux",
      '"Xyzzy Quux": no film has this title, and none is close to it; try the English title, or its first words',
    ],
  ])("of %s says what to type", (query, message) => {
    expect(() => requireFilm(index, query)).toThrow(new InputError(message));
  });

  test("lists five and counts the rest", () => {
    const films = Array.from({ length: 8 }, (_, i) => toFilm(`Emma (${1990 + i})`, i));
    expect(() => requireFilm(createTitleIndex(films), "emma")).toThrow(
      /8 films have this title: "Emma \(1997\)", .*"Emma \(1993\)" and 3 more; type/,
    );
  });

  test("is none where the film is found", () => {
    expect(requireFilm(index, "300")).toBe(9);
  });
});

test("a wrong letter never finds a film silently, and the film is suggested", () => {
  // No title here has a q: whatever has one is a typo.
  expect(RAW.join().toLowerCase()).not.toContain("q");
  const typo = fc.record({
    film: fc.constantFrom(...RAW.keys()),
    at: fc.nat(),
    replaced: fc.constantFrom(0, 1),
  });
  fc.assert(
    fc.property(typo, ({ film, at, replaced }) => {
      const { title } = index.films[film];
      const i = at % title.length;
      const lookup = findFilm(index, `${title.slice(0, i)}q${title.slice(i + replaced)}`);
      expect(lookup.kind).toBe("not-found");
      // In a short number such as "300" one wrong letter may leave something else.
      if (lookup.kind === "not-found" && title.length > 8) {
        expect(lookup.suggestions).toContain(film);
      }
    }),
    { seed: 11, numRuns: 500 },
  );
});

describe.skipIf(!hasSharedData)("over ml-latest-small", () => {
  const lines = hasSharedData
    ? readFileSync(sharedData("ml-latest-small", "movies.csv"), "utf8").trimEnd().split("\n")
    : [];
  const titles = lines.slice(1).map((line) => {
    const quoted = /^\d+,"((?:[^"]|"")*)",/.exec(line);
    return quoted ? quoted[1].replaceAll('""', '"') : line.split(",")[1];
  });
  const whole = createTitleIndex(titles.map(toFilm));

  test("every film is found by title and year, but for five pairs that share both", () => {
    const failures = whole.films.filter((film, i) => {
      const lookup = findFilm(whole, describeFilm(film));
      return !(lookup.kind === "found" && lookup.index === i);
    });
    expect(failures.map(describeFilm)).toMatchInlineSnapshot(`
      [
        "Emma (1996)",
        "Saturn 3 (1980)",
        "Confessions of a Dangerous Mind (2002)",
        "Emma (1996)",
        "Eros (2004)",
        "War of the Worlds (2005)",
        "War of the Worlds (2005)",
        "Confessions of a Dangerous Mind (2002)",
        "Eros (2004)",
        "Saturn 3 (1980)",
      ]
    `);
  });

  test("every film is found under its raw name as well", () => {
    const failures = titles.filter((title, i) => {
      const lookup = findFilm(whole, title);
      return !(lookup.kind === "found" && lookup.index === i);
    });
    expect(failures).toMatchInlineSnapshot(`
      [
        "Emma (1996)",
        "Saturn 3 (1980)",
        "Confessions of a Dangerous Mind (2002)",
        "Emma (1996)",
        "Eros (2004)",
        "War of the Worlds (2005)",
        "War of the Worlds (2005)",
        "Confessions of a Dangerous Mind (2002)",
        "Eros (2004)",
        "Saturn 3 (1980)",
      ]
    `);
  });
});
