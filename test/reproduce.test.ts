/**
 * A reproduction from data to page, on made data and with models whose numbers are known otherwise.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { requireRows, trainingInteractions } from "../src/data/split.ts";
import { evaluate } from "../src/evaluation/evaluate.ts";
import { loadBundleFiles, loadModel } from "../src/models/bundle.ts";
import { createPopularityRecommender, fitPopularity } from "../src/models/popularity.ts";
import { findRecipe } from "../src/recipes/find-recipe.ts";
import { parseRecipe } from "../src/recipes/parse-recipe.ts";
import { prepareData, splitData } from "../src/recipes/prepare-data.ts";
import { saveCheckpoint } from "../src/recipes/save-checkpoint.ts";
import { train } from "../src/recipes/train.ts";
import { formatMarkdown, formatResult } from "../src/reproductions/format-table.ts";
import type { ModelSource } from "../src/reproductions/open-part.ts";
import { renderReproduction } from "../src/reproductions/render-report.ts";
import { type ReproductionResult, reproduce } from "../src/reproductions/reproduce.ts";
import type { Reproduction } from "../src/reproductions/reproduction.ts";
import { dataFolder } from "./data-folder.ts";

const GENRES = ["Drama", "Comedy", "Drama|Comedy"];

/** Sixty people who walk through films, each through some of them; the first are watched more. */
function toyOf(numFilms: number) {
  const lines = Array.from({ length: 60 }, (_, user) =>
    Array.from({ length: 14 + (user % 5) }, (_, i) => {
      const film = 1 + ((user * 7 + i) % (user % 2 === 0 ? numFilms : 20));
      return `${user + 1}::${film}::5::${1000 + i}\n`;
    }),
  );
  const films = Array.from(
    { length: numFilms },
    (_, i) => `${i + 1}::Film ${i + 1} (1990)::${GENRES[i % 3]}\n`,
  );
  return { "toy/ratings.dat": lines.flat().join(""), "toy/movies.dat": films.join("") };
}

const toy = toyOf(30);

const reference = {
  role: "reference",
  metrics: { "ndcg@10": 0.5 },
  source: "Somebody <2020>",
  protocol: "as ours",
} as const;

function toyReproduction(recipe: string): Reproduction {
  const task = { kind: "next-item", protocol: "full" } as const;
  const metrics = ["ndcg@10", "hitRate@10"];
  const measurements = [{ title: "full", task, metrics, published: [reference] }];
  return {
    name: "toy",
    description: "a toy",
    parts: [{ recipe, data: "toy", minutes: 7, measurements }],
  };
}

async function run(
  reproduction: Reproduction,
  data: string,
  source: ModelSource,
  ledger?: string,
): Promise<ReproductionResult> {
  const resources = { numThreads: 1, device: "cpu" } as const;
  return reproduce(reproduction, { data, source, resources, ledger });
}

describe("reproduce", () => {
  test("measures a model as evaluate does, beside popularity and chance", async () => {
    const folder = await dataFolder(toy);
    const out = join(folder, "run");
    const path = join(folder, "toy");
    await train(await findRecipe("popularity"), { data: [path], out });
    const ledger = join(folder, "ledger.jsonl");
    const source = { kind: "models", folders: [out, out] } as const;
    const result = await run(toyReproduction("popularity"), folder, source, ledger);

    const recipe = await findRecipe("popularity");
    const { interactions } = await prepareData([path], recipe);
    const split = requireRows(splitData(interactions, recipe.split));
    const popular = createPopularityRecommender(fitPopularity(trainingInteractions(split)));
    const { report } = await evaluate(popular, split, { protocol: "full", rows: "test", ks: [10] });
    const [{ metrics, numUsers }] = result.parts[0].measurements;
    expect(numUsers).toBe(60);
    for (const { metric, ours, baselines } of metrics) {
      expect(ours).toEqual(report.metrics[metric]);
      expect(baselines.popularity).toEqual(ours);
      expect(baselines.random.value).not.toBe(ours.value);
    }
    const looks = (await readFile(ledger, "utf8")).split("\n").filter(Boolean);
    expect(looks.map((line) => JSON.parse(line).model)).toEqual([
      ...["popularity", "popularity"],
      ...["popularity", "random"],
    ]);

    const text = formatResult(result);
    expect(text).toContain("0.5000 [1]");
    expect(text).toContain("none known");
    expect(text).toContain("[1] Somebody <2020>: as ours");
    expect(text).toContain("mean of seeds 1, 1");
    expect(formatMarkdown(result)).toMatch(/\| full \| nDCG@10 \| 0\.\d{4} \[/);

    const page = renderReproduction(result);
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|base|image|use)\b/i);
    expect(page).toContain("Somebody &#60;2020&#62;");
    expect(page).toContain("full: nDCG@10 by genre of the target");
    expect(page).toContain("full: nDCG@10 by length of history");
    expect(page.match(/<h3>user /g)).toHaveLength(10);
    expect(page).toMatch(/recommended[\s\S]*Film \d+ \(1990\)/);
  });

  test("trains from scratch, and says what is missing where there is no checkpoint", async () => {
    const folder = await dataFolder(toy);
    const missing = await run(toyReproduction("popularity"), folder, { kind: "checkpoint" });
    expect(missing.parts).toEqual([]);
    expect(formatResult(missing)).toContain("--from-scratch trains it on toy, in about 7 minutes");
    const source = { kind: "from-scratch", out: join(folder, "out"), resume: false } as const;
    const result = await run(toyReproduction("popularity"), folder, source);
    expect(result.parts[0].models).toMatchObject([
      { seed: 1, rows: { split: "leave-one-out", users: 60, interactions: 60 * 14 } },
    ]);
    const kept = await loadModel(join(folder, "out", "popularity"));
    await kept.dispose();
  });

  test("trains its teachers first, each with a seed, and goes on with them", async () => {
    // A student learns from fifty films at once.
    const folder = await dataFolder(toyOf(60));
    const [part] = toyReproduction("sasrec-student").parts;
    const plain = { ...part, recipe: "sasrec-ml1m" };
    const taught = { ...part, teachers: { of: plain, seeds: [1, 2] } };
    const alone = { name: "toy", description: "a toy", parts: [taught] };
    const both = { ...alone, parts: [plain, taught] };
    const source = { kind: "from-scratch", out: join(folder, "out"), resume: false } as const;
    const [student] = (await run(alone, folder, source)).parts;
    const weightsOf = async (name: string): Promise<string> =>
      (await loadBundleFiles(join(source.out, name))).manifest.files["model.onnx"].sha256;
    const teacher = await weightsOf("sasrec-ml1m");
    const other = await weightsOf("sasrec-ml1m-seed-2");
    expect(other).not.toBe(teacher);
    expect(
      (await loadBundleFiles(join(source.out, "sasrec-student"))).manifest.training,
    ).toMatchObject({
      teachers: [teacher, other].map((weights) => ({ name: "sasrec-ml1m", weights })),
    });
    await expect(run(both, folder, source)).rejects.toThrow(
      /out\/sasrec-ml1m is there; go on with/,
    );
    const resumed = await run(both, folder, { ...source, resume: true });
    expect(resumed.parts.map(({ models }) => models[0].weights)).toEqual([
      teacher,
      student.models[0].weights,
    ]);
  });

  test("a quick look is one at each recipe", async () => {
    const folder = await dataFolder(toy);
    const [part] = toyReproduction("popularity").parts;
    const split = { kind: "by-time", validationCut: 0.6, testCut: 0.8 };
    const variant = { name: "later", split };
    const parts = [part, { ...part, variant }, { ...part, recipe: "markov", variant }];
    const reproduction = { name: "toy", description: "a toy", parts };
    const quick = await run(reproduction, folder, { kind: "quick" });
    expect(quick.parts.map(({ recipe }) => recipe)).toEqual(["popularity", "later"]);
  });

  test("refuses a model of other data", async () => {
    const folder = await dataFolder({ ...toy, "other.txt": "1 2\n1 3\n1 4\n2 2\n2 4\n2 3\n" });
    const out = join(folder, "run");
    const load = { format: "sequence" } as const;
    const data = [join(folder, "other.txt")];
    await train(await findRecipe("popularity"), { data, load, out });
    const source = { kind: "models", folders: [out] } as const;
    await expect(run(toyReproduction("popularity"), folder, source)).rejects.toThrow(
      /learnt from data with fingerprint/,
    );
    await expect(run(toyReproduction("popularity"), join(folder, "no"), source)).rejects.toThrow(
      /expected .*toy, which is not there$/,
    );
  });
});

test("a checkpoint is a run in 8 bits, without titles and with its log", async () => {
  const folder = await dataFolder(toy);
  const data = [join(folder, "toy")];
  const recipe = await findRecipe("bert4rec");
  const small = {
    ...recipe,
    name: "small",
    stages: [{ epochs: 2, windowLength: 10 }],
    validation: { metric: "ndcg@10" },
  };
  const out = join(folder, "run");
  await train(parseRecipe(JSON.stringify(small), "small"), {
    data,
    out,
    resources: { numThreads: 1 },
  });
  const target = join(folder, "checkpoint");
  const cost = await saveCheckpoint(out, target, { data, license: "Terms.\n", numThreads: 1 });
  if (!cost) throw new Error("expected what 8 bits cost");
  expect(Math.abs(cost.int8 - cost.float32)).toBeLessThan(0.05);
  const [before, after] = [await loadBundleFiles(out), await loadBundleFiles(target)];
  expect(after.manifest).toMatchObject({
    name: "small",
    data: before.manifest.data,
    split: before.manifest.split,
    training: {
      rows: { split: "leave-one-out", users: 60, interactions: 60 * 14 },
      stored: { metric: "ndcg@10", value: cost.int8 },
    },
  });
  const size = ({ manifest }: typeof before) => manifest.files["model.onnx"].sizeBytes;
  expect(size(after)).toBeLessThan(size(before) / 2);
  const log = new TextDecoder().decode(after.files.get("training.jsonl"));
  expect(log).toBe(await readFile(join(out, "training.jsonl"), "utf8"));
  const catalog = new TextDecoder().decode(after.files.get("catalog.json"));
  expect(catalog).not.toContain("Film");
  await expect(saveCheckpoint(join(folder, "toy"), target, { data, license: "" })).rejects.toThrow(
    /run\.json/,
  );
});
