/**
 * Film titles as MovieLens and MovieTweetings write them: "Postman, The (Postino, Il) (1994)".
 */

/** A title taken apart. */
export interface FilmTitle {
  /** As people write it: "The Postman". */
  readonly title: string;
  readonly year: number | null;
  /** Other names of the film: ["Il Postino"]. */
  readonly alternatives: readonly string[];
}

const MOVED_ARTICLE =
  /^(.+), (the|an?|la|le|les|l['’]|el|los|las|il|lo|gli|der|das|die|un|une|una|det|den|de|en|i|o|da)$/i;

/** "1994", and of a series "1990-1993" or "2006–": the first year counts. */
const YEAR = /^((?:18|19|20)\d\d)(?:\s*[-–]\s*(?:\d{4})?)?$/;

/** What ml-100k writes behind some years: made for video, made for television. */
const MEDIUM = /^T?V$/;

/**
 * Takes a title apart. The groups in parentheses at its end are its year and other names; what
 * they leave is the title. Never throws: text without such groups is a title without a year.
 */
export function parseFilmTitle(raw: string): FilmTitle {
  let rest = raw.trim().replace(/\s+/g, " ");
  let year: number | null = null;
  const alternatives: string[] = [];
  for (let group = lastGroup(rest); group; group = lastGroup(rest)) {
    const yearMatch: RegExpExecArray | null = year === null ? YEAR.exec(group.inside) : null;
    if (yearMatch) year = Number(yearMatch[1]);
    else if (!MEDIUM.test(group.inside)) alternatives.unshift(otherName(group.inside));
    rest = group.before;
  }
  return { title: restoreArticle(rest), year, alternatives };
}

/**
 * The group in parentheses that ends the text, and what stands before it; null where there is
 * none, or where it is part of the name, as in "Birdman: Or (The Unexpected Virtue of Ignorance)".
 */
function lastGroup(text: string): { before: string; inside: string } | null {
  if (!text.endsWith(")")) return null;
  let depth = 0;
  for (let i = text.length - 1; i > 0; i--) {
    if (text[i] === ")") depth++;
    if (text[i] === "(" && --depth === 0) {
      const before = text.slice(0, i).trimEnd();
      const isName = before === "" || text[i - 1] !== " " || /(?::|[:,] or)$/i.test(before);
      const inside = text.slice(i + 1, -1).trim();
      return (isName && !YEAR.test(inside)) || before === "" ? null : { before, inside };
    }
  }
  return null;
}

function otherName(inside: string): string {
  return restoreArticle(inside.replace(/^a\.?k\.?a\.?\s+/i, ""));
}

/** "Matrix, The" becomes "The Matrix"; "Die, Mommie, Die" stays. */
function restoreArticle(title: string): string {
  const match = MOVED_ARTICLE.exec(title);
  if (!match) return title;
  const [, name, article] = match;
  const isEnglishWord = /^(?:die|i|o)$/i.test(article);
  if (isEnglishWord && name.includes(",")) return title;
  return /['’]$/.test(article) ? article + name : `${article} ${name}`;
}
