import { describe, expect, it } from "vitest";
import { identifyFolderName, identifyReadme } from "./known-sets.ts";

describe("identifyReadme", () => {
  // The first words of the publishers' files.
  it.each([
    [
      "These files contain 1,000,209 anonymous ratings of approximately 3,900 movies",
      "ml-1m",
      1000209,
    ],
    ["This data set consists of:\n\t* 100,000 ratings (1-5) from 943 users", "ml-100k", 100000],
    ["This data set contains 10000054 ratings and 95580 tags", "ml-10m", 10000054],
    ["This dataset (ml-25m) describes ... It contains 25000095 ratings", "ml-25m", 25000095],
    ["This dataset (ml-latest-small) ... It contains 100836 ratings", "ml-latest-small", 100836],
    ["This dataset (ml-latest-small) ... It contains 100004 ratings", "ml-latest-small", 100004],
    ["#MovieTweetings\nTotal number of ratings | 426,475", "movietweetings", null],
    ["Ratings of my friends", null, null],
    ["I have 12,345 ratings", null, null],
  ])("reads %j", (text, name, rows) => {
    expect(identifyReadme(text)).toEqual({ name, rows });
  });
});

describe("identifyFolderName", () => {
  it("knows the names of folders and archives", () => {
    expect(identifyFolderName("ml-20m")).toBe("ml-20m");
    expect(identifyFolderName("ml-10M100K")).toBe("ml-10m");
    expect(identifyFolderName("my-data")).toBeNull();
  });
});
