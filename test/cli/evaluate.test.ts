/**
 * `usher evaluate`: data of one's own, models trained on them, and what may be measured with what.
 */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/common/random.ts";
import { splitByTime } from "../../src/data/by-time.ts";
import { splitLeaveOneOut } from "../../src/data/leave-one-out.ts";
import { trainingInteractions } from "../../src/data/split.ts";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import { BASELINE_INPUT, baselineOnnx } from "../../src/models/baseline-onnx.ts";
import {
  type BaselineKind,
  type BaselineOptions,
  createBaselineRecommender,
  fitBaseline,
} from "../../src/models/baselines.ts";
import { saveBundle } from "../../src/models/bundle.ts";
import type { SplitRecord } from "../../src/models/bundle-format.ts";
import { createCountingAlong } from "../../src/models/recent-popularity.ts";
import { type PreparedData, prepareData, splitData } from "../../src/recipes/prepare-data.ts";
import { runUsher, type UsherRun } from "./run-usher.ts";

const NUM_USERS = 30;
const NUM_ITEMS = 15;
const preparation = {
  minRating: 2,
  minUserInteractions: 1,
  mostWatchedItems: null,
  minItemInteractions: 1,
  onlyShareableTitles: false,
};
const columns = {
  userColumn: "who",
  itemColumn: "what",
  timeColumn: "when",
  ratingColumn: "stars",
};

let folder: string;
let data: PreparedData;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-evaluate-"));
  await writeFile(join(folder, "views.csv"), randomCsv("item-", 7));
  await writeFile(join(folder, "others.csv"), randomCsv("other-", 7));
  await writeFile(join(folder, "new.csv"), randomCsv("item-", 8));
  data = await prepareData([join(folder, "views.csv")], { preparation }, columns);
  const loo = { kind: "leave-one-out" } as const;
  await save("knn", "item-knn", { numNeighbors: 5, shrinkage: 1 }, loo);
  await save("popularity", "popularity", {}, loo);
  await save("everything", "popularity", {}, { kind: "none" });
  const byUser = { kind: "by-user", validationShare: 0.2, testShare: 0.2, seed: 3 } as const;
  await save("by-user", "popularity", {}, byUser);
  await save("halves", "popularity", {}, { kind: "half-history" });
});
afterAll(() => rm(folder, { recursive: true }));

/** Twenty rows for each user, some of one film twice; one rating in five is too low to be kept. */
function randomCsv(prefix: string, seed: number): string {
  const random = createRandom(seed, "views");
  const rows = Array.from({ length: NUM_USERS * 20 }, (_, row) => {
    const [item, stars] = [random.nextInt(NUM_ITEMS), 1 + random.nextInt(5)];
    return `u${row % NUM_USERS},${prefix}${item},${1000 + row},${stars}`;
  });
  return ["who,what,when,stars", ...rows, ""].join("\n");
}

async function save<K extends BaselineKind>(
  name: string,
  kind: K,
  options: BaselineOptions[K],
  split: SplitRecord,
): Promise<void> {
  const { interactions } = data;
  const train = trainingInteractions(splitData(interactions, split));
  const { itemIds } = interactions;
  await saveBundle(join(folder, name), {
    description: {
      name,
      kind,
      numItems: itemIds.length,
      input: BASELINE_INPUT,
      config: {},
      data: {
        names: [...data.names],
        fingerprint: data.fingerprint,
        fingerprints: [...data.fingerprints],
        onlyShareableTitles: false,
        preparations: [...data.preparations],
        users: interactions.userIds.length,
        interactions: interactions.items.length,
      },
      split,
      heldOut: null,
      training: null,
    },
    graph: baselineOnnx(await fitBaseline(kind, train, options)),
    catalog: itemIds.map((itemId) => ({ itemId, title: "", year: null, genres: [] })),
  });
}

function run(model: string, ...args: string[]): Promise<UsherRun> {
  return runUsher(["evaluate", "--model", model, "--data", "views.csv", ...args], { cwd: folder });
}

describe("the ledger", () => {
  test("notes every look at test rows, of both models, and none at validation rows", async () => {
    const ledger = join(folder, "ledger.jsonl");
    const flags = ["--k", "5", "--ledger", ledger];
    for (const more of [[], ["--protocol", "uniform100"]]) {
      expect((await run("knn", ...flags, ...more)).exitCode).toBe(0);
    }
    await run("knn", ...flags, "--against", "popularity");
    const text = await readFile(ledger, "utf8");
    const entries = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(entries.map(({ model }) => model)).toEqual(["knn", "knn", "knn", "popularity"]);
    expect(entries[0].data).toEqual({ names: ["views"], fingerprint: data.fingerprint });
    expect(entries[0].protocol).toContain("test targets; full ranking");
    expect(entries[1].protocol).toContain("sampled ranking");
    expect(entries[2]).toEqual({ ...entries[0], date: entries[2].date });
    expect(entries[3].configuration).not.toBe(entries[2].configuration);
    expect(entries[3].weights).not.toBe(entries[2].weights);
    expect(Object.keys(entries[0].metrics)).toContain("ndcg@5");
    expect(entries[0].date).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test("of the working folder is found there", async () => {
    const ledger = join(folder, "docs", "test-ledger.jsonl");
    await mkdir(join(folder, "docs"));
    await writeFile(ledger, "");
    await run("knn", "--split", "validation");
    expect(await readFile(ledger, "utf8")).toBe("");
    await run("knn");
    expect((await readFile(ledger, "utf8")).split("\n")).toHaveLength(2);
    await rm(join(folder, "docs"), { recursive: true });
  });

  test("is no use for validation rows, and must be writable before anything is measured", async () => {
    const [absent, own] = [join(folder, "absent", "ledger.jsonl"), join(folder, "unused.jsonl")];
    const unwritable = await run("knn", "--ledger", absent);
    expect([unwritable.exitCode, unwritable.stdout]).toEqual([1, ""]);
    expect(unwritable.stderr).toContain("could not be written");
    const free = await run("knn", "--split", "validation", "--ledger", own);
    expect([free.exitCode, free.stderr]).toEqual([2, expect.stringContaining("leave it out")]);
  });
});

describe("--second-halves", () => {
  test("asks a model of first halves for one list, and writes it", async () => {
    const [ledger, lists] = [join(folder, "halves-ledger.jsonl"), join(folder, "halves.jsonl")];
    const flags = ["--second-halves", "--dump", lists, "--ledger", ledger];
    const { exitCode, stdout, stderr } = await run("halves", ...flags, "--json");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { metrics, numUsers, description } = JSON.parse(stdout);
    expect(description).toContain("all of the second half is relevant");
    const lines = (await readFile(lists, "utf8")).trimEnd().split("\n");
    expect(lines).toHaveLength(numUsers);
    const recalls = lines
      .map((line) => JSON.parse(line))
      .map(({ targets, ranked }) => {
        const found = ranked.slice(0, 10).filter((id: string) => targets.includes(id));
        return found.length / targets.length;
      });
    const mean = recalls.reduce((sum, value) => sum + value, 0) / numUsers;
    expect(metrics["recall@10"].value).toBeCloseTo(mean, 10);
    expect(JSON.parse(await readFile(ledger, "utf8")).metrics["recall@10"]).toBe(
      metrics["recall@10"].value,
    );
    expect((await run("halves", "--second-halves")).stdout).toContain(`halves: ${numUsers} users`);
  });

  test("of another split, or another question, is refused", async () => {
    const of = async (...args: Parameters<typeof run>) => (await run(...args)).stderr;
    expect(await of("knn", "--second-halves")).toContain("rows of a leave-one-out split");
    expect(await of("halves", "--second-halves", "--k", "5")).toContain(
      "--k: does not go with --second-halves",
    );
  });
});

describe("a model and its own data", () => {
  test("gives the numbers of evaluate on the same split, columns and minimums not given again", async () => {
    const { exitCode, stdout, stderr } = await run("knn", "--k", "1,3", "--seed", "5", "--json");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const split = splitLeaveOneOut(data.interactions);
    const options = { numNeighbors: 5, shrinkage: 1 };
    const weights = await fitBaseline("item-knn", trainingInteractions(split), options);
    const { report } = await evaluate(createBaselineRecommender(weights), split, {
      protocol: "full",
      rows: "test",
      ks: [1, 3],
      seed: 5,
    });
    const reply = JSON.parse(stdout);
    expect(reply).toMatchObject({
      model: "knn",
      numUsers: report.numUsers,
      description: report.description,
      data: { names: ["views"], fingerprint: data.fingerprint, isTrainingData: true },
    });
    for (const [name, { value }] of Object.entries(report.metrics)) {
      expect(reply.metrics[name].value).toBeCloseTo(value, 6);
    }
  });

  test("people get the protocol with the numbers", async () => {
    const { stdout } = await run("knn", "--split", "validation", "--protocol", "popular100");
    expect(stdout).toMatch(
      /^data: views\nknn: 30 users, 30 targets\nprotocol: leave-one-out split, validation targets; sampled ranking/,
    );
    expect(stdout).toMatch(/nDCG +\d\.\d{4} \[/);
  });

  test("--against measures another model beside, with the interval of the difference", async () => {
    const { stdout } = await run("knn", "--against", "popularity", "--k", "5", "--json");
    const { comparison } = JSON.parse(stdout);
    expect(comparison).toMatchObject({ a: "knn", b: "popularity", numUsers: 30 });
    const { value, low, high } = comparison.differences["ndcg@5"];
    expect(low).toBeLessThanOrEqual(value);
    expect(high).toBeGreaterThanOrEqual(value);
  });

  test("--dump writes the data set's own ids", async () => {
    await run("knn", "--dump", "ranked.jsonl");
    const lines = (await readFile(join(folder, "ranked.jsonl"), "utf8")).trimEnd().split("\n");
    expect(lines).toHaveLength(30);
    const { userId, target, ranked } = JSON.parse(lines[0]);
    expect([userId, target, ranked[0]]).toEqual([
      expect.stringMatching(/^u\d+$/),
      expect.stringMatching(/^item-\d+$/),
      expect.stringMatching(/^item-\d+$/),
    ]);
  });

  test("a split by user is made again", async () => {
    const { stdout } = await run("by-user", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ numUsers: 6, data: { isTrainingData: true } });
  });
});

describe("a split by time", () => {
  const cuts = { kind: "by-time", validationCut: 0.6, testCut: 0.8 } as const;
  const args = [
    ...["--user-column", "who", "--item-column", "what", "--time-column", "when"],
    ...["--rating-column", "stars", "--min-rating", "2"],
  ];
  const train = (recipe: string, timeSplit: string): Promise<UsherRun> => {
    const flags = ["--data", "views.csv", "--out", recipe, "--time-split", timeSplit];
    return runUsher(["train", recipe, ...flags, ...args], { cwd: folder });
  };

  test("is a flag, and popularity of the last week is that of the week before each target", async () => {
    expect((await train("recent-popularity", "0.6,0.8")).exitCode).toBe(0);
    const flags = ["--split", "validation", "--k", "3", "--json"];
    const { stdout, exitCode } = await run("recent-popularity", ...flags);
    expect(exitCode).toBe(0);
    const split = splitByTime(data.interactions, cuts);
    const recommender = createCountingAlong(data.interactions, { days: 7 });
    const options = { protocol: "full", rows: "validation", ks: [3] } as const;
    const { report } = await evaluate(recommender, split, options);
    const reply = JSON.parse(stdout);
    expect(reply.metrics).toEqual(report.metrics);
    expect(reply).toMatchObject({
      description: report.description,
      numTargets: split.validation.length,
    });
    expect(reply.numTargets).toBeGreaterThan(reply.numUsers);
    const manifest = JSON.parse(
      await readFile(join(folder, "recent-popularity", "bundle", "model.json"), "utf8"),
    );
    expect([manifest.split, manifest.config]).toEqual([cuts, { days: 7 }]);
  });

  test("measures models of one split beside each other", async () => {
    expect((await train("popularity", "0.6,0.8")).exitCode).toBe(2);
    const flags = ["--data", "views.csv", "--out", "popularity-by-time", "--time-split", "0.6,0.8"];
    await runUsher(["train", "popularity", ...flags, ...args], { cwd: folder });
    const { stdout } = await run(
      "popularity-by-time",
      ...["--against", "recent-popularity", "--k", "3", "--json", "--split", "validation"],
    );
    expect(JSON.parse(stdout).comparison).toMatchObject({
      a: "popularity",
      b: "recent-popularity",
    });
  });

  test.each(["0.9,0.8", "0,0.5", "0.5", "0.5,0.6,0.7", "a,b"])("refuses cuts %s", async (cuts) => {
    const { exitCode, stderr } = await train("refused", cuts);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("Expected two shares between 0 and 1, the smaller first");
  });
});

describe("--history-order shuffled", () => {
  test("is told wherever the numbers are", async () => {
    const ledger = join(folder, "shuffled-ledger.jsonl");
    const flags = ["--history-order", "shuffled", "--dump", "shuffled.jsonl", "--ledger", ledger];
    const { stdout } = await run("knn", ...flags, "--json");
    const reply = JSON.parse(stdout);
    expect(reply.historyOrder).toBe("shuffled");
    expect(reply.description).toContain("HISTORIES SHUFFLED by seed 1");
    expect(JSON.parse(await readFile(ledger, "utf8")).protocol).toBe(reply.description);
    const [line] = (await readFile(join(folder, "shuffled.jsonl"), "utf8")).split("\n");
    expect(JSON.parse(line).historyOrder).toBe("shuffled");
    // This model weighs every film alike, whenever it was watched.
    const recorded = JSON.parse((await run("knn", "--json")).stdout);
    expect(recorded.historyOrder).toBe("recorded");
    expect(reply.metrics["ndcg@10"].value).toBeCloseTo(recorded.metrics["ndcg@10"].value, 10);
  });
});

describe("what was, or may have been, trained on is refused with exit code 2", () => {
  async function refused(...args: Parameters<typeof run>): Promise<string> {
    const { exitCode, stdout, stderr } = await run(...args);
    expect([exitCode, stdout]).toEqual([2, ""]);
    return stderr;
  }

  test("all of the data", async () => {
    expect(await refused("everything")).toContain(
      "everything was trained on all of views, these targets included",
    );
  });

  test("data prepared otherwise", async () => {
    expect(await refused("knn", "--min-rating", "4")).toMatch(
      /trained on views with fingerprint \w{12}, got views with fingerprint \w{12}/,
    );
  });

  test("data of the same name that changed", async () => {
    await mkdir(join(folder, "later"), { recursive: true });
    const text = await readFile(join(folder, "views.csv"), "utf8");
    const later = join(folder, "later", "views.csv");
    await writeFile(later, `${text}u1,item-1,9999,5\n`);
    const { exitCode, stderr } = await runUsher(["evaluate", "--model", "knn", "--data", later], {
      cwd: folder,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("may be among what it was trained on");
  });

  test("the targets of another model's split", async () => {
    expect(await refused("knn", "--against", "by-user")).toContain(
      'by-user was trained with the split {"kind":"by-user"',
    );
  });

  test.each([["by-user"], ["nowhere"]])(
    "--against %s, before anything is measured",
    async (other) => {
      await refused("knn", "--against", other, "--dump", "early.jsonl");
      expect(existsSync(join(folder, "early.jsonl"))).toBe(false);
    },
  );
});

describe("other data", () => {
  test("are measured with remarks where the model knows their items", async () => {
    const { stdout, stderr } = await runUsher(
      ["evaluate", "--model", "everything", "--data", "new.csv", "--json"],
      { cwd: folder },
    );
    expect(stderr).toBe(
      "usher: new is not what everything was trained on (views)\n" +
        "usher: no titles tell whether ids of new mean the films of everything: 15 of 15 occur " +
        "there and are taken for the same; if they are not, the numbers mean nothing\n",
    );
    expect(JSON.parse(stdout)).toMatchObject({ numUsers: 30, unknownTargets: 0 });
  });

  test("are refused where it knows none", async () => {
    const { exitCode, stderr } = await runUsher(
      ["evaluate", "--model", "knn", "--data", "others.csv"],
      { cwd: folder },
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain("knn knows none of the 15 items of others");
  });
});

test.each([
  [["--k", "0"], "Expected whole numbers with commas between"],
  [["--resamples", "10"], "Expected a whole number of at least 1000"],
  [["--history-order", "random"], "Allowed choices are recorded, shuffled"],
  [["--user-range", "9-1"], "Expected two whole numbers, the smaller first"],
  [["--user-range", "1-9"], "no target is of a user with a number from 1 to 9 for an id"],
  [["--protocol", "half"], "Allowed choices are full, uniform100, popular100"],
])("%j is refused", async (args, text) => {
  const { exitCode, stderr } = await run("knn", ...args);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining(text)]);
});
