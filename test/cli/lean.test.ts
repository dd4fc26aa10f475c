/**
 * `usher recommend` loads what recommending needs and nothing else: it is what people wait for.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saveBundle } from "../../src/models/bundle.ts";
import { tinyBundle } from "../tiny-model.ts";
import { runUsher } from "./run-usher.ts";

let folder: string;

/** Hooks that write down every module that `import` resolves, and those that `require` loaded. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-lean-"));
  await saveBundle(join(folder, "tiny"), tinyBundle());
  const hooks = `
    import { appendFileSync } from "node:fs";
    export async function resolve(specifier, context, next) {
      const resolved = await next(specifier, context);
      appendFileSync(${JSON.stringify(join(folder, "modules"))}, resolved.url + "\\n");
      return resolved;
    }`;
  await writeFile(join(folder, "hooks.mjs"), hooks);
  const register = `
    import { appendFileSync } from "node:fs";
    import { createRequire, register } from "node:module";
    register(${JSON.stringify(pathToFileURL(join(folder, "hooks.mjs")).href)});
    process.on("exit", () => {
      const required = Object.keys(createRequire(import.meta.url).cache);
      appendFileSync(${JSON.stringify(join(folder, "modules"))}, required.join("\\n"));
    });`;
  await writeFile(join(folder, "register.mjs"), register);
});
afterAll(() => rm(folder, { recursive: true }));

async function modulesOf(args: readonly string[], file?: string): Promise<string[]> {
  await rm(join(folder, "modules"), { force: true });
  const nodeArgs = ["--import", pathToFileURL(join(folder, "register.mjs")).href];
  const { exitCode, stderr } = await runUsher(args, {
    cwd: folder,
    nodeArgs,
    ...(file && { file }),
  });
  expect([exitCode, stderr]).toEqual([0, ""]);
  return (await readFile(join(folder, "modules"), "utf8")).split("\n");
}

/** Those of Usher, e.g. "cli/main". */
function ownOf(modules: readonly string[]): string[] {
  return modules
    .filter((url) => !url.includes("/node_modules/"))
    .flatMap((url) => /\/dist\/(.+)\.js$/.exec(url)?.[1] ?? []);
}

test("recommend loads no DuckDB, no training, no graph building, no plots, no reader of data", async () => {
  const modules = await modulesOf(["recommend", "The Matrix", "--model", "tiny"]);
  const own = ownOf(modules);
  const packages = modules.flatMap(
    (url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [],
  );
  // It sees what is loaded at all.
  expect(own).toContain("models/onnx-recommender");
  expect(packages).toContain("commander");
  const unwanted = /^(training|recipes|optim|nn|graph|onnx)\/|duckdb|load-dataset|train|evaluate/;
  expect(own.filter((path) => unwanted.test(path))).toEqual([]);
  const others = new Set(packages.filter((name) => !name.startsWith("onnxruntime-")));
  expect([...others].sort()).toEqual(["commander", "fastest-levenshtein", "zod"]);
});

test("the list of commands loads none of them", async () => {
  const modules = await modulesOf(["--help"]);
  const own = ownOf(modules);
  expect([...new Set(own)].sort()).toEqual(["cli/main", "cli/report-failure", "common/errors"]);
});

test("importing the library loads neither DuckDB nor training nor plots", async () => {
  const library = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
  const modules = await modulesOf([], library);
  expect(ownOf(modules)).toContain("models/bundle");
  const unwanted = /^training\/|^optim\/|^recipes\/train|duckdb|load-dataset/;
  expect(ownOf(modules).filter((path) => unwanted.test(path))).toEqual([]);
  expect(modules.filter((url) => /node_modules\/(@duckdb|echarts)\//.test(url))).toEqual([]);
});
