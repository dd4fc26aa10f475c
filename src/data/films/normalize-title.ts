/**
 * Keys under which a film's title is found: equal keys mean equal titles, whatever the case,
 * accents, punctuation and spaces. Used by the look-up of titles and by the join of catalogs.
 *
 * Articles are compared in two steps. `titleKey` keeps a leading article, so that "The Kid" and
 * "Kid" stay two films; `titleKeyWithoutArticle` drops it, for those who left it out.
 */

/** Letters that Unicode does not decompose into a base letter and an accent. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  ł: "l",
  þ: "th",
  ı: "i",
};

const SPECIAL_LETTER = new RegExp(`[${Object.keys(PLAIN_LETTERS).join("")}]`, "g");

const ARTICLE = /^(?:the|an?|la|le|les|el|il|lo|der|das|une?|una)\s+(?=\S)|^l['’]\s*(?=\S)/;

/** Articles that are words or letters of their own in an English title, as in "Die Hard". */
const FOREIGN_ARTICLE =
  /^(?:die|den|det|de|dem|ein|eine|en|ett?|los|las|gli|uno?|os?|as?|i)\s+(?=\S)/;

/** Most titles; they skip the slow rules, which matters when ten thousand are indexed at once. */
const ASCII = /^[ -~]*$/;

/** Lower case without accents: "Léon" becomes "leon", "Alien³" "alien3". */
function plainLetters(title: string): string {
  if (ASCII.test(title)) return title.toLowerCase().trim();
  const lower = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return lower.replace(SPECIAL_LETTER, (letter) => PLAIN_LETTERS[letter]).trim();
}

/** Letters and digits alone; a title that has none, such as "$", is its own key. */
function toKey(plain: string): string {
  const spelled = plain.replaceAll("&", " and ").replace(/\s\+\s/g, " and ");
  const others = ASCII.test(spelled) ? /[^a-z0-9]/g : /[^\p{L}\p{N}]/gu;
  return spelled.replace(others, "") || plain;
}

/**
 * The title's letters and digits: "M*A*S*H" and "MASH" give "mash", "Willy Wonka & the Chocolate
 * Factory" gives "willywonkaandthechocolatefactory".
 */
export function titleKey(title: string): string {
  return toKey(plainLetters(title));
}

/**
 * The key without a leading article: "matrix" for "The Matrix", "avventura" for "L'Avventura".
 * @param isForeign - the title is not in English, so that "die" and the like are articles too.
 */
export function titleKeyWithoutArticle(title: string, isForeign = false): string {
  const plain = plainLetters(title);
  const bare = plain.replace(ARTICLE, "");
  return toKey(isForeign && bare === plain ? plain.replace(FOREIGN_ARTICLE, "") : bare);
}

/** The title's words in lower case without accents and punctuation: ["the", "matrix"]. */
export function titleWords(title: string): readonly string[] {
  return plainLetters(title)
    .replace(/['’.*]/g, "")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}
