/**
 * What a stranger gets: the package is packed, installed into an empty project while no host but
 * the registry answers, and recommends films there.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
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

// While we build: this and `.skipIf(isUnfinished)` below go as soon as these files exist.
const entries = ["src/index.ts", "src/cli/main.ts", "models/default/model.json"];
const isUnfinished = !entries.every((path) => existsSync(join(root, path)));

const numMinutes = 3;

let folder = "";
let tarball: Tarball;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-install-"));
  tarball = await pack(folder);
}, numMinutes * 60_000);

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

describe.skipIf(isUnfinished)("a project that depends on Usher", () => {
  it.each([
    { hosts: "refusing", flags: [] },
    { hosts: "hanging", flags: [] },
    { hosts: "hanging", flags: ["--omit=optional"] },
  ] as const)(
    "installs it and gets recommendations with all other hosts $hosts, $flags",
    async ({ hosts, flags }) => {
      const network = await createNetwork(hosts);
      try {
        const project = await install(`${hosts}${flags.length}`, network, ...flags);
        expect((await recommend(project)).recommendations).toHaveLength(10);
        expect(network.numConnections()).toBe(0);
      } finally {
        network.close();
      }
    },
    numMinutes * 60_000,
  );

  it(
    "compiles against its types, without those of Node or of the browser, and runs",
    async () => {
      const network = await createNetwork("refusing");
      const project = await install("typed", network);
      await writeFile(join(project, "main.ts"), program);
      const resolutions = [
        ["--module", "nodenext"],
        ["--module", "esnext", "--moduleResolution", "bundler"],
      ];
      for (const resolution of resolutions) {
        await compile(project, ["--strict", "--target", "es2023", ...resolution, "main.ts"]);
        const { stdout } = await promisify(execFile)(process.execPath, ["main.js"], {
          cwd: project,
        });
        expect(JSON.parse(stdout)).toEqual({
          title: expect.stringMatching(/./),
          runtime: "onnxruntime-web",
          functions: ["function", "function"],
        });
      }
    },
    numMinutes * 60_000,
  );
});

// `lib` without "dom", and `types` empty: a dependent may have neither.
async function compile(project: string, options: readonly string[]): Promise<void> {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const strictest = ["--lib", "es2023", "--types", "", "--skipLibCheck", "false"];
  await promisify(execFile)(process.execPath, [tsc, ...strictest, ...options], {
    cwd: project,
  }).catch((error: { stdout: string }) => {
    throw new Error(`tsc: ${error.stdout}`);
  });
}

// Node's types are not there, so the program says itself what it takes of Node.
const program = `
import { evaluate, loadModel, train } from "usher-films";

declare const console: { log(text: string): void };

const model = await loadModel();
const items = model.catalog.flatMap(({ title }, index) => (/^Harry Potter/.test(title) ? [index] : []));
const scores = await model.recommender.score([{ items }]);
const title: string = model.catalog[scores.indexOf(Math.max(...scores))].title;
await model.dispose();
console.log(JSON.stringify({ title, runtime: model.runtime.name, functions: [typeof train, typeof evaluate] }));
`;
