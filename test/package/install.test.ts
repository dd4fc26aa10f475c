/**
 * What a stranger gets: the package is packed, installed into an empty project while no host but
 * the registry answers, and recommends films there.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createNetwork,
  createProject,
  type Network,
  pack,
  root,
  runNpm,
  type Tarball,
} from "./project.ts";

// An install takes minutes on a machine that trains models meanwhile.
const timeoutMs = 600_000;

let folder = "";
let tarball: Tarball;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-install-"));
  tarball = await pack(folder);
}, timeoutMs);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function install(name: string, network: Network, ...flags: string[]): Promise<string> {
  const project = await createProject(folder, name);
  const args = ["install", tarball.path, "--prefer-offline", "--no-audit", ...flags];
  await runNpm("npm", args, project, network.env);
  return project;
}

async function recommend(project: string): Promise<{ recommendations: unknown[] }> {
  const films = [
    "Harry Potter and the Sorcerer's Stone",
    "Harry Potter and the Chamber of Secrets",
  ];
  const args = ["--no-install", "usher", "recommend", ...films, "--json"];
  return JSON.parse((await runNpm("npx", args, project)).stdout);
}

describe("a project that depends on Usher", () => {
  let refused = "";

  it(
    "installs it and gets recommendations with all other hosts refusing",
    async () => {
      refused = await install("refusing", await createNetwork("refusing"));
      expect((await recommend(refused)).recommendations).toHaveLength(10);
    },
    timeoutMs,
  );

  it.each([[[]], [["--omit=optional"]]])(
    "installs it and gets recommendations with all other hosts hanging, flags: %s",
    async (flags: string[]) => {
      const network = await createNetwork("hanging");
      const project = await install(`hanging${flags.length}`, network, ...flags);
      expect((await recommend(project)).recommendations).toHaveLength(10);
      expect(network.numConnections()).toBe(0);
      network.close();
    },
    timeoutMs,
  );

  // Types of Node without those of the browser, as servers have it, and the reverse.
  it.each([
    ["--module nodenext --lib es2023 --types node"],
    ["--module esnext --moduleResolution bundler --types "],
  ])(
    "compiles against its types and runs: %s",
    async (settings) => {
      await writeFile(join(refused, "main.ts"), program);
      await compile(refused, ["--strict", "--target", "es2023", ...settings.split(" "), "main.ts"]);
      const { stdout } = await promisify(execFile)(process.execPath, ["main.js"], { cwd: refused });
      expect(JSON.parse(stdout)).toEqual({
        recommended: Array(3).fill(expect.stringMatching(/./)),
        recipes: expect.arrayContaining(["bert4rec-ml1m"]),
        functions: ["function", "function"],
        runtime: expect.objectContaining({
          name: "onnxruntime-web",
          fallbackReason: "onnxruntime-node is not installed",
        }),
      });
    },
    timeoutMs,
  );
});

async function compile(project: string, options: readonly string[]): Promise<void> {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  await promisify(execFile)(process.execPath, [tsc, "--skipLibCheck", "false", ...options], {
    cwd: project,
  }).catch((error: { stdout: string }) => {
    throw new Error(`tsc: ${error.stdout}`);
  });
}

const program = `
import {
  createTitleIndex, evaluate, loadModel, recommend, requireFilm, shippedRecipes, train,
} from "usher-films";

declare const console: { log(text: string): void };

const model = await loadModel();
const titles = createTitleIndex(model.catalog);
const film = model.catalog[requireFilm(titles, "Harry Potter and the Chamber of Secrets")];
const films = await recommend(model, [film.itemId], { k: 3 });
const recommended: readonly string[] = films.map(({ title }) => title);
await model.dispose();
const recipes = await shippedRecipes();
const functions = [typeof train, typeof evaluate];
console.log(JSON.stringify({ recommended, recipes, functions, runtime: model.runtime }));
`;
