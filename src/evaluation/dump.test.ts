import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toInteractions, toLeaveOneOut } from "../../test/random-interactions.ts";
import { EnvironmentError } from "../common/errors.ts";
import type { Interactions } from "../data/interactions.ts";
import { createRowRecommender } from "../models/score-rows.ts";
import { toJsonIds, withDump } from "./dump.ts";
import { evaluate } from "./evaluate.ts";
import type { HistoryOrder } from "./protocol.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-dump-"));
});
afterAll(() => rm(folder, { recursive: true }));

const NUM_ITEMS = 250;
const small = toInteractions(
  [
    [9, 7, 5],
    [6, 8, 1, 200],
  ],
  NUM_ITEMS,
);
/** Lower indices first. */
const falling = createRowRecommender("falling", NUM_ITEMS, (_items, row) => {
  for (let i = 0; i < NUM_ITEMS; i++) row[i] = -i;
});

async function dump(
  interactions: Interactions,
  name: string,
  historyOrder: HistoryOrder = "recorded",
): Promise<unknown[]> {
  const dumpPath = join(folder, name);
  const options = { protocol: "full", rows: "test", ks: [5], dumpPath, historyOrder } as const;
  await evaluate(falling, toLeaveOneOut(interactions), options);
  const text = await readFile(dumpPath, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** The best 100 of a catalog that is ranked by index. */
function best(seen: readonly number[]): number[] {
  const unseen = Array.from({ length: NUM_ITEMS }, (_, i) => i).filter((i) => !seen.includes(i));
  return unseen.slice(0, 100);
}

test("each target has a line with the best 100, in the dataset's own ids", async () => {
  expect(await dump(small, "ids.jsonl")).toEqual([
    { userId: "u0", target: "i5", ranked: best([9, 7]).map((item) => `i${item}`) },
    { userId: "u1", target: "i200", ranked: best([6, 8, 1]).map((item) => `i${item}`) },
  ]);
  expect(await readdir(folder)).toEqual(["ids.jsonl"]);
});

test("every line says that histories were shuffled", async () => {
  const plain = (await dump(small, "plain.jsonl")) as object[];
  const shuffled = await dump(small, "shuffled.jsonl", "shuffled");
  expect(shuffled).toEqual(plain.map((line) => ({ ...line, historyOrder: "shuffled" })));
});

test("ids that are numbers are written as numbers", async () => {
  const itemIds = small.itemIds.map((_, i) => String(i * 10));
  const [first] = await dump({ ...small, userIds: ["0070", "12"], itemIds }, "numbers.jsonl");
  const ranked = best([9, 7]).map((item) => item * 10);
  expect(first).toEqual({ userId: "0070", target: 50, ranked });
});

test.each([
  [["1", "20"], true],
  [["1", "020"], false],
  [["1", "1.0"], false],
  [["1", "1e3"], false],
  [["1", "9007199254740993"], false],
  [["1", ""], false],
])("%j come back as they were written: %s", (ids, areNumbers) => {
  expect(toJsonIds(ids)).toEqual(areNumbers ? ids.map(Number) : ids);
});

test("an evaluation that fails leaves no file behind", async () => {
  const dumpPath = join(folder, "failed.jsonl");
  const broken = createRowRecommender("broken", NUM_ITEMS, (items, row) => {
    if (items.length > 2) row.fill(NaN);
  });
  const options = { protocol: "full", rows: "test", dumpPath } as const;
  await expect(evaluate(broken, toLeaveOneOut(small), options)).rejects.toThrow(/not a number/);
  expect((await readdir(folder)).filter((name) => name.includes("failed"))).toEqual([]);
});

test("a folder is no place for a file, and nothing is left beside it", async () => {
  const dumpPath = join(folder, "taken");
  await mkdir(dumpPath);
  const options = { protocol: "full", rows: "test", dumpPath } as const;
  const refused = evaluate(falling, toLeaveOneOut(small), options);
  await expect(refused).rejects.toThrow(/--dump .*taken: is a folder/);
  await expect(
    withDump(join(folder, "late"), small, async () => {
      await mkdir(join(folder, "late"));
    }),
  ).rejects.toThrow(EnvironmentError);
  expect((await readdir(folder)).filter((name) => name.includes("partial"))).toEqual([]);
});

test("a folder that is not there is an error of the environment", async () => {
  const dumpPath = join(folder, "absent", "x.jsonl");
  const options = { protocol: "full", rows: "test", dumpPath } as const;
  const refused = evaluate(falling, toLeaveOneOut(small), options);
  await expect(refused).rejects.toThrow(EnvironmentError);
  await expect(refused).rejects.toThrow(/absent.x\.jsonl: could not be written/);
});
