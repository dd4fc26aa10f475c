/**
 * Titles as data sets write them, turned into titles as people write them:
 * "Postman, The (Postino, Il) (1994)" is "The Postman" of 1994, also called "Il Postino".
 */

/** The parts of a title line. */
export interface FilmTitle {
  /** "The Matrix", never "Matrix, The". Never empty unless the input is. */
  readonly title: string;
  /** The year in the last parentheses, the first one of a range; null where there is none. */
  readonly year: number | null;
  /** Other titles, which the data sets put in parentheses behind the first. */
  readonly alternatives: readonly string[];
}

/** Articles that MovieLens moves behind a comma, in the languages it does that for. */
const articles = new Set(
  [
    ["the", "a", "an"],
    ["le", "la", "les", "l'", "un", "une"],
    ["der", "die", "das", "ein", "eine"],
    ["il", "lo", "i", "gli", "una"],
    ["el", "los", "las"],
    ["o", "os", "as", "da"],
    ["de", "het", "den", "det", "en", "ett"],
  ].flat(),
);

/** A year or the years of a series: "1995", "1975-1979", "2010– ". */
const years = /^(\d{4})(?:\s?[-–]\s?(?:\d{4})?)?$/;

/** Parentheses that belong to the title: they tell one film from the next. */
const partOfTitle = /^(?:part|vol\.?|volume|episode|season)\b/i;

/**
 * @param raw - e.g. "Matrix, The (1999)", "Seven (a.k.a. Se7en) (1995)", "Fawlty Towers (1975-1979)".
 */
export function parseFilmTitle(raw: string): FilmTitle {
  // MovieLens 100K marks videos, "... (1995) (V)", and one title of the latest set ends in "))".
  const text = raw
    .trim()
    .replace(/\s*\((?:V|TV|VG)\)$/, "")
    .replace(/(\(\d{4}\))\)+$/, "$1");
  const { head, groups } = splitTrailingGroups(text);
  const dates = groups.filter((group) => years.test(group));
  const names = groups.filter((group) => !years.test(group));
  return {
    title: frontArticle(head),
    year: dates.length > 0 ? Number.parseInt(dates[dates.length - 1], 10) : null,
    alternatives: names.map((name) => frontArticle(name.replace(/^a\.?k\.?a\.?:?\s+/i, ""))),
  };
}

/** Cuts "A (b) (c (d)) (1999)" into "A" and ["b", "c (d)", "1999"]. */
function splitTrailingGroups(text: string): { head: string; groups: string[] } {
  const groups: string[] = [];
  let head = text;
  while (head.endsWith(")")) {
    const open = openingOfLastGroup(head);
    const rest = head.slice(0, Math.max(open, 0)).trimEnd();
    const inside = head.slice(open + 1, -1).trim();
    // "(500)" alone and "Birdman: Or (The Unexpected Virtue of Ignorance)" are whole titles.
    const isGlued = head[open - 1] !== " "; // "Babies(s)"
    if (rest === "" || isGlued || /\bor$|:$/i.test(rest) || partOfTitle.test(inside)) break;
    if (inside !== "") groups.unshift(inside);
    head = rest;
  }
  return { head, groups };
}

/** Where the parenthesis opens that the last character closes; -1 where none does. */
function openingOfLastGroup(text: string): number {
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === ")") depth++;
    if (text[at] === "(" && --depth === 0) return at;
  }
  return -1;
}

/** "Matrix, The" to "The Matrix"; the 10M list at hand has lost its commas: "Matrix  The". */
function frontArticle(text: string): string {
  const match = /^(.*\S)(?:,\s*|\s{2,})(\p{L}+['’]?)$/u.exec(text.trim());
  return (match === null ? text : moveArticle(match)).replace(/\s+/g, " ").trim();
}

function moveArticle([text, name, article]: RegExpExecArray): string {
  const lower = article.toLowerCase().replace("’", "'");
  // "Die, Mommie, Die" is English; a German title of that shape would have no second comma.
  const isWord = /^(?:die|i|o|as|de|en)$/.test(lower) && name.includes(",");
  if (!articles.has(lower) || isWord) return text;
  return lower.endsWith("'") ? `${article}${name}` : `${article} ${name}`;
}
