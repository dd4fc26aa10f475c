/**
 * `usher catalog add`: films that nobody has watched, recommended by what is known of them.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../../src/models/bundle.ts";
import { genreFiles, genreRecipe } from "../genre-films.ts";
import { runUsher } from "./run-usher.ts";

let folder: string;
let trained: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-catalog-"));
  trained = join(folder, "trained");
  const files = { ...genreFiles(120), "recipe.json": JSON.stringify(genreRecipe) };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const train = await runUsher([
    ...["train", join(folder, "recipe.json"), "--data", folder],
    ...["--held-out-years", "2020", "--out", trained, "--threads", "1"],
  ]);
  expect(train.stderr).not.toContain("usher:");
  expect(train.exitCode).toBe(0);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

async function add(text: string, ...args: string[]): ReturnType<typeof runUsher> {
  const file = join(folder, "films");
  await writeFile(file, text);
  return runUsher(["catalog", "add", file, "--model", trained, ...args]);
}

const csv =
  "itemId,title,year,genres\n" +
  'new-c,"Funny, That (2021)",,Comedy\n' +
  "new-w,Duel,2021,Western\n" +
  "new-?,Riddle,,\n";

describe("films added", () => {
  let larger: string;
  beforeAll(async () => {
    larger = join(folder, "larger");
    const { exitCode, stdout, stderr } = await add(csv, "--out", larger, "--json");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({
      ...{ model: "genres", out: larger, added: 3, items: 23, warnings: [] },
    });
  });

  test("are recommended to those who watch their like, and left out of no one's scores", async () => {
    const [before, after] = [await loadModel(trained), await loadModel(larger)];
    const [comedies, westerns] = [[0, 2, 4].map(String), [1, 3, 5].map(String)];
    const score = async (model: typeof after, ids: string[]): Promise<Float32Array> => {
      const items = ids.map((id) => model.itemIndexOf(String(Number(id) + 1)) as number);
      return model.recommender.score([{ items }]);
    };
    const [c, w] = [await score(after, comedies), await score(after, westerns)];
    const [newC, newW] = ["new-c", "new-w"].map((id) => after.itemIndexOf(id) as number);
    expect([newC, newW]).toEqual([20, 21]);
    expect(after.catalog[newC]).toMatchObject({ title: "Funny, That", year: 2021 });
    expect(c[newC]).toBeGreaterThan(c[newW]);
    expect(w[newW]).toBeGreaterThan(w[newC]);
    // Above every film of the other genre that people did watch.
    for (const film of [7, 9, 11]) {
      expect(c[newC]).toBeGreaterThan(c[after.itemIndexOf(String(film + 1)) as number]);
    }
    const old = await score(before, comedies);
    for (const [i, value] of old.entries()) expect(c[i]).toBeCloseTo(value, 4);
    expect(after.manifest.numNewcomers).toBe(3);
    await before.dispose();
    await after.dispose();
  });

  test("may be boosted, all alike", async () => {
    const boosted = join(folder, "boosted");
    const { exitCode } = await add(csv, "--out", boosted, "--boost", "2.5");
    expect(exitCode).toBe(0);
    const [plain, model] = [await loadModel(larger), await loadModel(boosted)];
    const history = { items: [0, 2] };
    const [a, b] = [
      await plain.recommender.score([history]),
      await model.recommender.score([history]),
    ];
    for (const [i, score] of a.entries()) expect(b[i] - score).toBeCloseTo(i < 20 ? 0 : 2.5, 4);
    await plain.dispose();
    await model.dispose();
  });

  test("may be watched, added to again, and replace the model in place", async () => {
    const own = join(folder, "own");
    await cp(larger, own, { recursive: true });
    const file = join(folder, "more.jsonl");
    await writeFile(file, '{"title":"Late Laugh (2022)","genres":["Comedy"]}\n');
    const { exitCode } = await runUsher(["catalog", "add", file, "--model", own]);
    expect(exitCode).toBe(0);
    const { stdout } = await runUsher([
      ...["recommend", "--model", own, "--id", "new-c", "--k", "30", "--json"],
    ]);
    const ids = JSON.parse(stdout).recommendations.map(({ itemId }: { itemId: string }) => itemId);
    expect(ids).toContain("Late Laugh (2022)");
    expect(ids).not.toContain("new-c");
    expect(ids.indexOf("Late Laugh (2022)")).toBeLessThan(ids.indexOf("new-w"));
  });

  test("say what of them is not understood", async () => {
    const { exitCode, stdout, stderr } = await add(
      "itemId,title,year,genres,studio\nx,Song,2021,Musical|Comedy,MGM\n",
      "--out",
      join(folder, "warned"),
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain("genres: 1 films added, 21 in all");
    expect(stderr).toContain('"studio" is no feature of this model');
    expect(stderr).toContain("genres that training did not see count as not known: Musical;");
  });
});

test("a model may know films by features of one's own, and new films by the same", async () => {
  const lines = Array.from(
    { length: 24 },
    (_, film) => `${film + 1},${film % 2 === 0 ? "a;x" : "b;x"}`,
  );
  await writeFile(join(folder, "tags.csv"), `id,tags\n${lines.join("\n")}\n`);
  const features = [{ name: "tags", kind: "multi-label", separator: ";" }];
  const items = { file: "tags.csv", idColumn: "id", features };
  await writeFile(join(folder, "features.json"), JSON.stringify({ formatVersion: 1, items }));
  const out = join(folder, "tagged");
  const data = ["--data", folder, "--features", join(folder, "features.json")];
  const years = ["--held-out-years", "2020", "--out", out, "--threads", "1"];
  const train = await runUsher(["train", join(folder, "recipe.json"), ...data, ...years]);
  expect([train.exitCode, train.stderr]).toEqual([0, ""]);
  await writeFile(join(folder, "new.csv"), "itemId,title,tags\nna,A,a|x\nnb,B,b|x\n");
  const add = await runUsher(["catalog", "add", join(folder, "new.csv"), "--model", out]);
  expect([add.exitCode, add.stderr]).toEqual([0, ""]);
  const model = await loadModel(out);
  const watched = ["1", "3", "5"].map((id) => model.itemIndexOf(id) as number);
  const scores = await model.recommender.score([{ items: watched }]);
  const [a, b] = ["na", "nb"].map((id) => scores[model.itemIndexOf(id) as number]);
  await model.dispose();
  expect(a).toBeGreaterThan(b);
}, 60_000);

test("a network that leans on no content in training gets a tower all the same", async () => {
  const model = { ...genreRecipe.model, content: false };
  await writeFile(join(folder, "plain.json"), JSON.stringify({ ...genreRecipe, model }));
  const out = join(folder, "plain");
  const train = await runUsher([
    ...["train", join(folder, "plain.json"), "--data", folder],
    ...["--held-out-years", "2020", "--out", out, "--threads", "1"],
  ]);
  expect([train.exitCode, train.stderr]).toEqual([0, ""]);
  await writeFile(join(folder, "two.csv"), csv);
  const added = await runUsher(["catalog", "add", join(folder, "two.csv"), "--model", out]);
  expect([added.exitCode, added.stderr]).toEqual([0, ""]);
  const larger = await loadModel(out);
  const watched = ["1", "3", "5"].map((id) => larger.itemIndexOf(id) as number);
  const scores = await larger.recommender.score([{ items: watched }]);
  const [comedy, western] = ["new-c", "new-w"].map(
    (id) => scores[larger.itemIndexOf(id) as number],
  );
  await larger.dispose();
  expect(comedy).toBeGreaterThan(western);
}, 60_000);

test("the model that ships takes new films, and scores them by who asks", async () => {
  const file = join(folder, "2024.csv");
  await writeFile(
    file,
    "title,genres\nInside Out 2 (2024),Animation|Children|Comedy\nDune: Part Two (2024),Adventure|Sci-Fi\n",
  );
  const out = join(folder, "shipped");
  const { exitCode, stderr } = await runUsher(["catalog", "add", file, "--out", out]);
  expect([exitCode, stderr]).toEqual([0, ""]);
  const lead = async (...watched: string[]): Promise<number> => {
    const asked = ["recommend", ...watched, "--model", out, "--from-year", "2024", "--json"];
    const { recommendations } = JSON.parse((await runUsher(asked)).stdout);
    expect(recommendations).toHaveLength(2);
    const scoreOf = (name: string): number =>
      recommendations.find(({ title }: { title: string }) => title === name).score;
    return scoreOf("Inside Out 2") - scoreOf("Dune: Part Two");
  };
  const children = await lead("Toy Story", "Finding Nemo", "Up (2009)");
  expect(children).toBeGreaterThan(await lead("The Matrix (1999)", "Interstellar", "Arrival"));
});

describe("refuses", () => {
  test.each([
    [
      "a film that is there",
      "itemId,title\n1,Film 1\n",
      'film "1" (Film 1): genres has it already',
    ],
    ["the same id twice", "itemId,title\nx,A\nx,B\n", 'line 3: id "x" occurs before, at'],
    ["a film without a title", '[{"itemId":"x"}]', "film 1: title: "],
    ["a year that is none", "title,year\nA,soon\n", 'line 2: column "year": expected a number'],
    ["genres that are no list", '{"title":"A","genres":"War"}', "film 1: genres: "],
    ["an open quote", 'title,year\n"A,2000\n', "line 2: a quote is left open"],
    ["a file without films", "title\n", "expected films, found none"],
    ["a table without titles", "name\nA\n", 'expected a header with a column "title"'],
  ])("%s", async (_, text, message) => {
    const before = await readFile(join(trained, "bundle", "model.json"), "utf8");
    const { exitCode, stderr } = await add(text);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
    expect(await readFile(join(trained, "bundle", "model.json"), "utf8")).toBe(before);
  });

  test("a model that knows nothing of its films, and the one that ships without --out", async () => {
    const file = join(folder, "one.csv");
    await writeFile(file, "title\nA\n");
    const untold = join(folder, "untold");
    await cp(join(trained, "bundle"), untold, { recursive: true });
    const { files, ...manifest } = JSON.parse(await readFile(join(untold, "model.json"), "utf8"));
    const { "content.json": _, ...others } = files;
    await writeFile(join(untold, "model.json"), JSON.stringify({ ...manifest, files: others }));
    const unknown = await runUsher(["catalog", "add", file, "--model", untold]);
    expect(unknown.stderr).toContain("does not say what films are like");
    expect(unknown.exitCode).toBe(2);
    const shipped = await runUsher(["catalog", "add", file]);
    expect([shipped.exitCode, shipped.stderr.includes("--out DIR")]).toEqual([2, true]);
  });
});

describe("usher evaluate --held-out-films", () => {
  const evaluate = (...args: string[]): ReturnType<typeof runUsher> =>
    // Where no ledger is kept, so that none gets an entry.
    runUsher(["evaluate", "--model", trained, "--data", folder, "--held-out-films", ...args], {
      cwd: folder,
    });

  test("writes where each stands, in both rankings", async () => {
    const lists = join(folder, "held-out.jsonl");
    const { stdout } = await evaluate("--k", "3", "--dump", lists, "--json");
    const { numTargets, numUsers, models } = JSON.parse(stdout);
    const lines = (await readFile(lists, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ among }) => among === "held-out");
    expect(lines).toHaveLength(numTargets);
    const hitsOf = new Map<number, number[]>();
    for (const { userId, target, ranked } of lines) {
      const isHit = Number(ranked.slice(0, 3).includes(target));
      hitsOf.set(userId, [...(hitsOf.get(userId) ?? []), isHit]);
    }
    const means = Array.from(hitsOf.values(), (hits) => hits.reduce((a, b) => a + b) / hits.length);
    expect(means).toHaveLength(numUsers);
    const mean = means.reduce((a, b) => a + b) / means.length;
    expect(mean).toBeCloseTo(models[0].metrics["held-out"]["recall@3"].value, 10);
  });

  test("finds the films of a viewer's genre, and tells what the others lose", async () => {
    const ledger = join(folder, "ledger.jsonl");
    const { exitCode, stdout, stderr } = await evaluate("--k", "3", "--ledger", ledger, "--json");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { numFilms, numTargets, models, differences, known } = JSON.parse(stdout);
    expect(numFilms).toBe(4);
    expect(numTargets).toBeGreaterThan(100);
    const [tower, knn, popularity] = models;
    expect([knn.model, popularity.model]).toEqual(["content-kNN", "popularity of similar films"]);
    // Of four films two are of the genre: a list of three holds both, popularity alone does not know.
    expect(tower.metrics["held-out"]["recall@3"].value).toBeGreaterThan(0.98);
    expect(popularity.metrics["held-out"]["recall@3"].value).toBeLessThan(0.9);
    const { value, low } = differences["popularity of similar films"]["held-out"]["recall@3"];
    expect(value).toBeGreaterThan(low);
    expect(low).toBeGreaterThan(0);
    const lost = known.after["ndcg@3"].value - known.before["ndcg@3"].value;
    expect(known.differences["ndcg@3"].value).toBeCloseTo(lost, 10);
    expect(known.before["ndcg@3"].value).toBeGreaterThan(0.2);
    const looks = (await readFile(ledger, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(looks.map(({ model }) => model)).toEqual([
      ...["genres", "content-kNN", "popularity of similar films", "genres", "genres"],
    ]);
    expect(looks[0].metrics["all recall@3"]).toBe(tower.metrics.all["recall@3"].value);
  });

  test("prints tables, and refuses what asks another question", async () => {
    const { stdout } = await evaluate("--k", "3", "--split", "validation");
    expect(stdout).toContain("ranked among held-out films only");
    expect(stdout).toContain("genres minus content-kNN");
    expect(stdout).toMatch(/after minus before +-?0\.\d{4} \[/);
    const refused = await evaluate("--protocol", "uniform100");
    expect([refused.exitCode, refused.stderr.includes("--protocol: does not go with")]).toEqual([
      2,
      true,
    ]);
  });
});
