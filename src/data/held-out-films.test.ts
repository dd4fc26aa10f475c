import { describe, expect, it } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { InputError } from "../common/errors.ts";
import { markHeldOut, withoutHeldOut } from "./held-out-films.ts";

// Item "i" came out in 1990 + i; of item 3 the year is not known.
const interactions = toInteractions([[0, 1, 2], [2], [3, 2, 0]], 4);
const films = new Map(
  interactions.itemIds.map((itemId, i) => [
    itemId,
    { itemId, title: `Film ${i}`, year: i === 3 ? null : 1990 + i, genres: [] },
  ]),
);

describe("films held out by their years", () => {
  it("go with all that was watched of them, and whoever watched nothing else", () => {
    expect([...markHeldOut(interactions.itemIds, films, { from: 1991, to: 1992 })]).toEqual([
      ...[0, 1, 1, 0],
    ]);
    const left = withoutHeldOut(interactions, films, { from: 1992, to: 1999 });
    const [a, , c] = interactions.userIds;
    expect(left.userIds).toEqual([a, c]);
    expect(left.itemIds).toEqual([0, 1, 3].map((i) => interactions.itemIds[i]));
    expect([...left.offsets]).toEqual([0, 2, 4]);
    expect([...left.items]).toEqual([0, 1, 2, 0]);
  });

  it("must be some, and not all", () => {
    const hold = (from: number, to: number) => () =>
      withoutHeldOut(interactions, films, { from, to });
    expect(hold(2001, 2002)).toThrow(InputError);
    expect(hold(2001, 2002)).toThrow("heldOutYears 2001 to 2002: expected some of 4 films");
    const known = toInteractions([[0, 1]], 2);
    expect(() => withoutHeldOut(known, films, { from: 1900, to: 2000 })).toThrow("got all");
  });
});
