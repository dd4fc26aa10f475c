import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { createRowRecommender } from "../models/score-rows.ts";
import { describeHeldOut, heldOutRows, measureHeldOutFilms, subtract } from "./held-out-films.ts";

// Items 3 and 4 came after training. User 2 begins with one: nothing tells what he likes.
const films = {
  interactions: toInteractions(
    [
      [0, 3, 1, 4],
      [2, 4],
      [3, 0],
    ],
    5,
  ),
  isHeldOut: Uint8Array.of(0, 0, 0, 1, 1),
};
const ranking = (scores: readonly number[]): ReturnType<typeof createRowRecommender> =>
  createRowRecommender("fixed", 5, (_items, row) => row.set(scores));

describe("films held out", () => {
  it("are targets wherever something was watched before", () => {
    expect([...heldOutRows(films)]).toEqual([1, 3, 5]);
    expect(describeHeldOut(films)).toContain("held-out films, 2 of 5");
  });

  it("compete with all that was not seen, and among each other", async () => {
    // From best to worst: 2, 1, 3, 0, 4.
    const { metrics, numTargets, perUser } = await measureHeldOutFilms(
      ranking([2, 4, 5, 3, 1]),
      films,
      { ks: [1, 3] },
    );
    expect(numTargets).toBe(3);
    // User 0: film 3 after 2 and 1 is third, film 4 after 2 is second. User 1: 4 is last of four.
    const ofUser0 = (1 / Math.log2(4) + 1 / Math.log2(3)) / 2;
    expect([...perUser.values["all recall@3"]]).toEqual([1, 0]);
    expect(metrics.all["ndcg@3"].value).toBeCloseTo(ofUser0 / 2, 12);
    // Alone with 4, and 4 alone, as 3 was seen; of user 1, 4 after 3.
    expect([...perUser.values["held-out recall@1"]]).toEqual([1, 0]);
    expect(metrics["held-out"]["ndcg@3"].value).toBeCloseTo((1 + 1 / Math.log2(3)) / 2, 12);
  });

  it("may be written, as they stand in both rankings", async () => {
    const folder = await mkdtemp(join(tmpdir(), "usher-held-out-"));
    const dumpPath = join(folder, "lists.jsonl");
    await measureHeldOutFilms(ranking([2, 4, 5, 3, 1]), films, { ks: [1], dumpPath });
    const lines = (await readFile(dumpPath, "utf8")).trimEnd().split("\n");
    await rm(folder, { recursive: true });
    expect(lines).toHaveLength(6);
    const ofFilm3 = lines.map((line) => JSON.parse(line)).filter(({ target }) => target === "i3");
    expect(ofFilm3).toEqual([
      { userId: "u0", target: "i3", ranked: ["i2", "i1", "i3", "i4"], among: "all" },
      { userId: "u0", target: "i3", ranked: ["i3", "i4"], among: "held-out" },
    ]);
  });

  it("tie to the worse place, and misses where a model does not know them", async () => {
    const tied = await measureHeldOutFilms(ranking([1, 1, 1, 1, 1]), films, { ks: [1] });
    expect(tied.metrics.all["recall@1"].value).toBe(0);
    const unknown = { modelItemOf: Int32Array.of(0, 1, 2, -1, -1), ks: [5] };
    const missed = await measureHeldOutFilms(ranking([1, 2, 3, 9, 9]), films, unknown);
    expect(missed.metrics.all["recall@5"].value).toBe(0);
    // Of the tied user 0 finds film 4, which is alone, and not film 3.
    const [a, b] = [await measureHeldOutFilms(ranking([2, 4, 5, 3, 1]), films, { ks: [1] }), tied];
    expect(subtract(a, b, {})["held-out"]["recall@1"].value).toBe(0.25);
  });
});
