import { describe, expect, test } from "vitest";
import { titleKey, titleKeyWithoutArticle, titleWords } from "./normalize-title.ts";

describe("titleKey", () => {
  test.each([
    ["M*A*S*H", "MASH"],
    ["WALL·E", "Wall-E"],
    ["Léon: The Professional", "leon - the professional"],
    ["Alien³", "Alien 3"],
    ["8 ½ Women", "8 1/2 women"],
    ["Dumb & Dumber", "Dumb and Dumber"],
    ["William Shakespeare's Romeo + Juliet", "william shakespeares romeo and juliet"],
    ["Spider-Man", "Spiderman"],
    ["¡Átame!", "Atame"],
    ["M. Hulot’s Holiday", "M. Hulot's Holiday"],
    ["Smørrebrød", "smorrebrod"],
    ["Die Weiße Rose", "die weisse rose"],
    ["Amélie".normalize("NFD"), "Amélie".normalize("NFC")],
  ])("%s and %s are one title", (left, right) => {
    expect(titleKey(left)).toBe(titleKey(right));
  });

  test.each([
    ["Se7en", "Seven"],
    ["Alien", "Aliens"],
    ["The Kid", "Kid"],
    ["Rocky II", "Rocky III"],
    ["生きる", "羅生門"],
    ["$", "!"],
  ])("%s and %s are two", (left, right) => {
    expect(titleKey(left)).not.toBe(titleKey(right));
  });
});

describe("titleKeyWithoutArticle", () => {
  test.each([
    ["The Matrix", "matrix"],
    ["A Close Shave", "closeshave"],
    ["An American in Paris", "americaninparis"],
    ["Les Visiteurs", "visiteurs"],
    ["L'Avventura", "avventura"],
    ["L’Avventura", "avventura"],
    ["Il Postino", "postino"],
    ["Das Boot", "boot"],
  ])("%s loses its article", (title, key) => {
    expect(titleKeyWithoutArticle(title)).toBe(key);
  });

  test.each([
    ["Die Hard", "diehard"],
    ["A.I. Artificial Intelligence", "aiartificialintelligence"],
    ["A", "a"],
    ["The", "the"],
    ["Another Country", "anothercountry"],
    ["Theatre of Blood", "theatreofblood"],
    ["L.A. Confidential", "laconfidential"],
    ["I, Robot", "irobot"],
  ])("%s has none", (title, key) => {
    expect(titleKeyWithoutArticle(title)).toBe(key);
  });

  test("articles that are English words count in foreign titles only", () => {
    expect(titleKeyWithoutArticle("Die Blechtrommel", true)).toBe("blechtrommel");
    expect(titleKeyWithoutArticle("Los abrazos rotos", true)).toBe("abrazosrotos");
    expect(titleKeyWithoutArticle("Die Another Day")).toBe("dieanotherday");
  });
});

test("words keep what belongs together", () => {
  expect(titleWords("M*A*S*H")).toEqual(["mash"]);
  expect(titleWords("Schindler's List")).toEqual(["schindlers", "list"]);
  expect(titleWords("Star Wars: Episode IV - A New Hope")).toEqual([
    "star",
    "wars",
    "episode",
    "iv",
    "a",
    "new",
    "hope",
  ]);
});
