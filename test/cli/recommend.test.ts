/**
 * `usher recommend` as people run it.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveBundle } from "../../src/models/bundle.ts";
import { tinyBundle, tinyFilms } from "../tiny-model.ts";
import { runUsher, type UsherRun } from "./run-usher.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-cli-"));
  await saveBundle(join(folder, "tiny"), tinyBundle());
  const nameless = tinyFilms.map(({ itemId }) => ({
    itemId: `0${itemId}`,
    title: "",
    year: null,
    genres: [],
  }));
  await saveBundle(join(folder, "nameless"), tinyBundle(nameless, { name: "nameless" }));
});
afterAll(() => rm(folder, { recursive: true }));

function recommend(...args: string[]): Promise<UsherRun> {
  return runUsher(["recommend", "--model", "tiny", ...args], { cwd: folder });
}

async function ranked(...args: string[]): Promise<number[]> {
  const { recommendations } = JSON.parse((await recommend(...args, "--json")).stdout);
  return recommendations.map(({ itemId }: { itemId: number }) => itemId);
}

describe("one person's films", () => {
  test("--json prints exactly the documented object and nothing else", async () => {
    const { exitCode, stdout, stderr } = await recommend(
      "Matrix, The (1999)",
      "--k",
      "2",
      "--json",
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
    const reply = JSON.parse(stdout);
    // Cosines with The Matrix, seen by 3: its sequel 3/3, 300 2/sqrt(6).
    expect(reply).toEqual({
      model: "tiny",
      history: [{ itemId: 1, title: "The Matrix", year: 1999 }],
      recommendations: [
        {
          rank: 1,
          itemId: 2,
          title: "The Matrix Reloaded",
          year: 2003,
          genres: ["Action", "Sci-Fi"],
          score: 1,
        },
        {
          rank: 2,
          itemId: 3,
          title: "300",
          year: 2007,
          genres: ["Action", "War"],
          score: expect.closeTo(2 / Math.sqrt(6), 5),
        },
      ],
    });
  });

  test("people get a numbered list", async () => {
    const { stdout, exitCode } = await recommend("the matrix", "--k", "2");
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      "After The Matrix (1999), tiny recommends\n" +
        "  1. The Matrix Reloaded (2003)  Action, Sci-Fi\n" +
        "  2. 300 (2007)                  Action, War\n",
    );
  });

  test("numbers are titles, ids go through --id, and ids follow titles", async () => {
    const { stdout } = await recommend("300", "1984", "--id", "8", "7", "--json");
    expect(JSON.parse(stdout).history.map(({ title }: { title: string }) => title)).toEqual([
      "300",
      "1984",
      "Amélie",
      "The Postman",
    ]);
  });

  test("genres and years can be left out", async () => {
    expect(
      await ranked("The Matrix", "--exclude-genre", "war", "--exclude-genre", "sci-fi"),
    ).toEqual([5, 6, 7, 8]);
    expect(await ranked("The Matrix", "--from-year", "2000", "--to-year", "2003")).toEqual([
      2, 6, 8,
    ]);
  });

  test("genres, lists of ids and tempering change what is listed", async () => {
    expect(await ranked("The Matrix", "--genre", "war", "--genre", "romance")).toEqual([3, 7, 8]);
    await writeFile(join(folder, "ids.txt"), "\uFEFF4\r\n7\n\nunknown\n");
    expect(await ranked("The Matrix", "--allow", "ids.txt")).toEqual([4, 7]);
    expect(await ranked("The Matrix", "--k", "2", "--deny", "ids.txt")).toEqual([2, 3]);
    // Cosines with The Matrix, less the share of the largest count: 1 - 3/3, 2/sqrt(6) - 2/3 and
    // 1/sqrt(3) - 1/3 for films 2, 3 and 4.
    expect(await ranked("The Matrix", "--k", "2", "--tempering", "1")).toEqual([4, 3]);
  });

  test("--why names the films that moved each recommendation", async () => {
    const asked = ["The Matrix", "Amélie", "--k", "1", "--why"];
    const { stdout } = await recommend(...asked);
    expect(stdout).toContain(
      "1. The Matrix Reloaded (2003)  Action, Sci-Fi\n     because of The Matrix (1999)\n",
    );
    const [{ because }] = JSON.parse((await recommend(...asked, "--json")).stdout).recommendations;
    expect(because).toEqual([
      { itemId: 1, title: "The Matrix", year: 1999, effect: expect.any(Number) },
    ]);
  });

  test.each([
    [["--diversity", "0.5"], "tiny has no vectors that tell its films apart"],
    [["--diversity", "2"], "Expected a number from 0 to 1."],
    [["--deny", "absent.txt"], "--deny absent.txt: cannot be read"],
    [["--genre", "Noir"], 'no film has the genre "Noir"'],
  ])("%j is refused", async (flags, message) => {
    const { exitCode, stderr, stdout } = await recommend("The Matrix", ...flags);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  test("the answer does not depend on the folder it is asked in", async () => {
    const model = join(folder, "tiny");
    const args = ["recommend", "The Matrix", "--model", model, "--json"];
    const [here, there] = [await runUsher(args), await runUsher(args, { cwd: tmpdir() })];
    expect(there).toEqual(here);
    expect(here.exitCode).toBe(0);
  });

  test("the Wasm runtime answers alike", async () => {
    const options = { cwd: folder, env: { USHER_RUNTIME: "wasm" } };
    const args = ["recommend", "--model", "tiny", "The Matrix", "--json"];
    const wasm = JSON.parse((await runUsher(args, options)).stdout);
    const native = JSON.parse((await recommend("The Matrix", "--json")).stdout);
    const idsOf = (reply: typeof wasm): number[] =>
      reply.recommendations.map(({ itemId }: { itemId: number }) => itemId);
    expect(idsOf(wasm)).toEqual(idsOf(native));
  });
});

describe("a model that knows no titles", () => {
  const ask = (...args: string[]): Promise<UsherRun> =>
    runUsher(["recommend", "--model", "nameless", ...args], { cwd: folder });

  test("is asked by id, and answers with ids, leading zeros kept", async () => {
    const { stdout } = await ask("--id", "01", "--k", "1", "--json");
    expect(JSON.parse(stdout)).toEqual({
      model: "nameless",
      history: [{ itemId: "01", title: null, year: null }],
      recommendations: [{ rank: 1, itemId: "02", title: null, year: null, genres: [], score: 1 }],
    });
    expect((await ask("--id", "01", "--k", "1")).stdout).toBe(
      "After 01, nameless recommends\n  1. 02\n",
    );
  });

  test("refuses a title with what to do", async () => {
    const { exitCode, stderr } = await ask("The Matrix");
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'usher: "The Matrix": the model nameless knows its items by id only; name them by --id\n',
    );
  });
});

describe("refusals have exit code 2, one line on stderr and nothing on stdout", () => {
  test.each([
    [["The Matrx"], 'no film has this title; did you mean "The Matrix (1999)"'],
    [
      ["The Kid"],
      '2 films have this title: "The Kid (2000)", "The Kid (1921)"; type the title with its year',
    ],
    [[""], "expected the title of a film"],
    [["--id", "99"], "--id 99: not among the ids of the 8 films of this model"],
    [["--id", "1", "Amélie"], "to name Amélie (2001) by its title, type it before --id"],
    [[], "expected at least one film"],
    [["300", "--exclude-genre", "Noir"], 'no film has the genre "Noir"; choose of Action,'],
    [["300", "--k", "0"], "Expected a whole number of at least 1."],
    [["300", "--from-year", "2000", "--to-year", "1999"], "the years from 2000 to 1999 are none"],
    [["300", "--year", "2000"], "unknown option '--year'"],
    [["--histories", "users.jsonl"], "--histories and --out go together"],
    [["300", "--histories", "users.jsonl", "--out", "x"], "leave titles and --id out"],
    [["300", "--model", "nowhere"], "nowhere: expected the folder of a model, but no such folder"],
  ])("%j", async (args, text) => {
    const { exitCode, stdout, stderr } = await recommend(...args);
    expect(stderr).toContain(text);
    expect(stderr).toMatch(/^usher: [^\n]*\n(\(Did you mean [^\n]*\n)?$/);
    expect([exitCode, stdout]).toEqual([2, ""]);
  });

  test("a damaged model is told before it runs", async () => {
    await saveBundle(join(folder, "damaged"), tinyBundle());
    const path = join(folder, "damaged", "model.onnx");
    const bytes = await readFile(path);
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(path, bytes);
    const { exitCode, stderr } = await recommend("300", "--model", "damaged");
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/model\.onnx: expected sha256 [0-9a-f]{64}, got/);
  });

  test("USHER_DEBUG=1 adds where it was thrown", async () => {
    const args = ["recommend", "--model", "nowhere", "300"];
    const { stderr } = await runUsher(args, { cwd: folder, env: { USHER_DEBUG: "1" } });
    expect(stderr).toMatch(/^usher: nowhere: .*\n.*\n? +at /s);
  });
});

describe("many users at once", () => {
  async function recommendAll(name: string, content: string): Promise<UsherRun> {
    await writeFile(join(folder, name), content);
    return recommend("--histories", name, "--out", "out.jsonl", "--k", "1", "--json");
  }

  async function readOut(): Promise<unknown[]> {
    const text = await readFile(join(folder, "out.jsonl"), "utf8");
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  }

  const reloaded = expect.objectContaining({ rank: 1, itemId: 2, title: "The Matrix Reloaded" });
  const amelie = expect.objectContaining({ rank: 1, itemId: 8, title: "Amélie" });

  test("JSON lines in, JSON lines out, user ids as they came", async () => {
    const run = await recommendAll(
      "users.jsonl",
      '{"userId": "u-1", "items": ["1"]}\n\n{"userId": 7, "items": [99, 7]}\r\n',
    );
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toEqual({
      model: "tiny",
      out: "out.jsonl",
      users: 2,
      unknownItems: 1,
      usersWithUnknownItems: 1,
    });
    expect(run.stderr).toBe("usher: left out 1 items of 1 users, which the model does not know\n");
    expect(await readOut()).toEqual([
      { userId: "u-1", recommendations: [reloaded] },
      { userId: 7, recommendations: [amelie] },
    ]);
  });

  test("CSV in, one row for each item, oldest first", async () => {
    const run = await recommendAll("users.csv", 'itemId,userId\n1,"a, b"\n7,002\n3,"a, b"\n');
    expect([run.exitCode, run.stderr]).toEqual([0, ""]);
    expect(await readOut()).toEqual([
      { userId: "a, b", recommendations: [reloaded] },
      { userId: "002", recommendations: [amelie] },
    ]);
  });

  test("each answer is that of the user alone, also beyond one batch", async () => {
    const ids = ["1", "3", "5", "7"];
    const lines = Array.from({ length: 600 }, (_, u) => ({ userId: u, items: [ids[u % 4]] }));
    await recommendAll("many.jsonl", lines.map((line) => JSON.stringify(line)).join("\n"));
    const out = (await readOut()) as { userId: number; recommendations: { itemId: number }[] }[];
    const alone = await Promise.all(ids.map((id) => ranked("--id", id, "--k", "1")));
    expect(out.map(({ userId }) => userId)).toEqual(lines.map(({ userId }) => userId));
    for (const [u, { recommendations }] of out.entries()) {
      expect(recommendations.map(({ itemId }) => itemId)).toEqual(alone[u % 4]);
    }
  });

  test.each([
    [
      "bad.jsonl",
      '{"userId": 1, "items": ["1"]}\n{"userId": 1, "it',
      "bad.jsonl: line 2: expected a JSON object",
    ],
    ["bad.jsonl", '{"userId": 1, "item": ["1"]}\n', 'bad.jsonl: line 1: expected {"userId": "u1"'],
    [
      "bad.jsonl",
      '{"userId": 1, "items": [9007199254740993]}\n',
      "write numbers of more than 15 digits as text",
    ],
    [
      "bad.csv",
      "user,item\n1,2\n",
      "bad.csv: line 1: expected a header with the columns userId and itemId",
    ],
    [
      "bad.csv",
      "userId,itemId\n1,2\n3\n",
      'bad.csv: line 3: expected 2 fields separated by ",", got 3',
    ],
    ["empty.jsonl", "", "empty.jsonl: expected at least one user"],
  ])("%s with %j is refused, and nothing is written", async (name, content, text) => {
    await rm(join(folder, "out.jsonl"), { force: true });
    const { exitCode, stderr } = await recommendAll(name, content);
    expect(stderr).toContain(text);
    expect(exitCode).toBe(2);
    expect((await readdir(folder)).filter((file) => file.startsWith("out.jsonl"))).toEqual([]);
  });
});
