/**
 * A model that reads times, from data to recommendations.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/common/random.ts";
import { runUsher } from "./run-usher.ts";

const NUM_FILMS = 12;
const DAY = 86_400;
const START = 1_700_000_000;
const recipe = {
  formatVersion: 1,
  name: "timed",
  model: {
    kind: "sasrec",
    ...{ embeddingDim: 16, numBlocks: 1, numHeads: 2, maxLength: 10, feedForwardDim: 32 },
    dropoutRate: 0,
    positions: "relative",
    block: "gated",
    sides: ["gaps", "next-gaps"],
  },
  split: { kind: "leave-one-out" },
  stages: [{ epochs: 40, windowLength: 10 }],
  batchSize: 16,
  optimizer: { learningRate: 0.01 },
  schedule: { kind: "constant" },
  validation: { metric: "hitRate@10", everyEpochs: 40 },
};
const columns = ["--user-column", "user", "--item-column", "film", "--time-column", "at"];

let folder: string;

/** What comes within the minute is the next film of a circle; a day later it is the fourth. */
function makePlays(): string {
  const random = createRandom(1, "plays");
  const rows = Array.from({ length: 120 }, (_, u) => {
    let [film, at] = [random.nextInt(NUM_FILMS), START];
    return Array.from({ length: 12 }, () => {
      const row = `u${u},f${film},${at}`;
      const isSoon = random.next() < 0.5;
      film = (film + (isSoon ? 1 : 4)) % NUM_FILMS;
      at += isSoon ? 20 : DAY;
      return row;
    });
  });
  return ["user,film,at", ...rows.flat(), ""].join("\n");
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-times-"));
  await writeFile(join(folder, "plays.csv"), makePlays());
  await writeFile(join(folder, "timed.json"), JSON.stringify(recipe));
  const train = ["train", join(folder, "timed.json"), "--data", join(folder, "plays.csv")];
  const trained = await runUsher([...train, ...columns, "--out", join(folder, "run")]);
  expect(trained.exitCode, trained.stderr).toBe(0);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The first film that is recommended to someone who watched f7 after f3. */
async function firstFilm(...flags: readonly string[]): Promise<string> {
  const args = ["recommend", "--model", join(folder, "run"), "--id", "f3", "--id", "f7"];
  const { exitCode, stdout, stderr } = await runUsher([...args, "--json", ...flags]);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout).recommendations[0].itemId;
}

describe("a model that reads times", () => {
  test("recommends by when the next film is asked for", async () => {
    const times = ["--times", `${START},${START + DAY}`];
    expect(await firstFilm(...times, "--time", `${START + DAY + 20}`)).toBe("f8");
    expect(await firstFilm(...times, "--time", `${START + 2 * DAY}`)).toBe("f11");
    // 2023-11-14T22:13:20Z is START.
    const dates = ["--times", "2023-11-14T22:13:20Z,2023-11-15T22:13:20Z"];
    expect(await firstFilm(...dates, "--time", "2023-11-16T22:13:20Z")).toBe("f11");
  });

  test("reads them from a file of histories", async () => {
    const ask = (at: number) => ({ items: ["f3", "f7"], times: [START, START + DAY], time: at });
    const lines = [
      { userId: "soon", ...ask(START + DAY + 20) },
      { userId: "later", ...ask(START + 2 * DAY) },
    ];
    const [path, out] = [join(folder, "histories.jsonl"), join(folder, "lists.jsonl")];
    await writeFile(path, lines.map((line) => JSON.stringify(line)).join("\n"));
    const model = ["--model", join(folder, "run")];
    const run = await runUsher(["recommend", "--histories", path, "--out", out, ...model]);
    expect(run.exitCode, run.stderr).toBe(0);
    const lists = (await readFile(out, "utf8")).trim().split("\n");
    const films = lists.map((line) => JSON.parse(line).recommendations[0].itemId);
    expect(films).toEqual(["f8", "f11"]);
  });

  test("is measured with the times of its targets", async () => {
    const args = ["evaluate", "--model", join(folder, "run"), "--data", join(folder, "plays.csv")];
    // Looks at test rows are noted where there is a ledger: not in ours.
    const flags = [...columns, "--k", "1", "--json"];
    const run = await runUsher([...args, ...flags], { cwd: folder });
    expect(run.exitCode, run.stderr).toBe(0);
    // Without them half of the targets could be told.
    expect(JSON.parse(run.stdout).metrics["hitRate@1"].value).toBeGreaterThan(0.9);
  });

  test.each([
    [
      ["--times", `${START}`],
      "--times: expected one for each of 2 films, or ? where there is none",
    ],
    [["--times", `${START},soon`], "Expected dates such as 2026-11-22"],
    [["--times", "2026,film 3"], "Expected dates such as 2026-11-22"],
    [["--time", `${START}`], "--time: goes with the --times of the films"],
    [["--times", `${START},${START - 5}`], "expected films oldest first"],
  ])("refuses %j", async (flags, message) => {
    const args = ["recommend", "--model", join(folder, "run"), "--id", "f3", "--id", "f7"];
    const { exitCode, stderr } = await runUsher([...args, ...flags]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
