import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toInteractions } from "../../test/random-interactions.ts";
import { createRandom } from "../common/random.ts";
import { splitHalfHistory } from "../data/half-history.ts";
import { createRowRecommender } from "../models/score-rows.ts";
import { evaluateSecondHalves } from "./evaluate-second-halves.ts";

test("the lists that are written give anyone the same numbers", async () => {
  const folder = await mkdtemp(join(tmpdir(), "usher-halves-"));
  const dumpPath = join(folder, "lists.jsonl");
  const random = createRandom(3, "histories");
  const histories = Array.from({ length: 30 }, (_, u) =>
    Array.from({ length: 4 + u }, () => random.nextInt(150)),
  );
  const split = splitHalfHistory(toInteractions(histories, 150));
  const recommender = createRowRecommender("rising", 150, (items, row) => {
    for (let i = 0; i < row.length; i++) row[i] = (i * 7 + items.length) % 50;
  });
  const report = await evaluateSecondHalves(recommender, split, { dumpPath });
  const plain = await evaluateSecondHalves(recommender, split);
  // More than a line of the dump holds.
  const long = await evaluateSecondHalves(recommender, split, {
    dumpPath: `${dumpPath}.long`,
    k: 120,
  });
  expect(long).toEqual(await evaluateSecondHalves(recommender, split, { k: 120 }));
  const text = await readFile(dumpPath, "utf8");
  await rm(folder, { recursive: true });
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(report).toEqual(plain);
  expect(lines).toHaveLength(report.numUsers);
  expect(Math.max(...lines.map(({ ranked }) => ranked.length))).toBe(100);
  const precision = lines.map(
    ({ ranked, targets }) =>
      ranked.slice(0, 10).filter((id: string) => targets.includes(id)).length / 10,
  );
  const mean = precision.reduce((sum, value) => sum + value, 0) / precision.length;
  expect(mean).toBeGreaterThan(0);
  expect(report.metrics["precision@10"].value).toBeCloseTo(mean, 10);
});
