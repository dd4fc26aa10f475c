/**
 * Whatever is wrong with the native runtime, a program goes on with Wasm and can say why. Each case
 * is a folder with its own `node_modules` and a process of its own, because what is loaded once
 * stays loaded.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeModel } from "../../src/runtime/probe-model.ts";

const require = createRequire(import.meta.url);
const binaries = join("bin", "napi-v6", process.platform, process.arch);
const library = {
  linux: "libonnxruntime.so.1",
  darwin: "libonnxruntime.1.dylib",
  win32: "onnxruntime.dll",
}[process.platform as string];

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-fallback-"));
  await build({
    entryPoints: [fileURLToPath(new URL("../../src/runtime/load-runtime.ts", import.meta.url))],
    outfile: join(folder, "load-runtime.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
  });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The folder of an installed package. */
function packageFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

/** A folder whose `node_modules` hold both runtimes; `damage` changes its copy of the native one. */
async function createProject(
  name: string,
  damage: (native: string) => Promise<void>,
): Promise<string> {
  const project = join(folder, name);
  const modules = join(project, "node_modules");
  const native = join(modules, "onnxruntime-node");
  await mkdir(modules, { recursive: true });
  await cp(join(folder, "load-runtime.mjs"), join(project, "load-runtime.mjs"));
  const source = packageFolder("onnxruntime-node");
  for (const part of ["package.json", "dist", binaries]) {
    await cp(join(source, part), join(native, part), { recursive: true });
  }
  const common = require.resolve("onnxruntime-common").replace(/(?<=onnxruntime-common).*/, "");
  await symlink(common, join(modules, "onnxruntime-common"), "junction");
  const web = require.resolve("onnxruntime-web").replace(/(?<=onnxruntime-web).*/, "");
  await symlink(web, join(modules, "onnxruntime-web"), "junction");
  await damage(native);
  return project;
}

const program = `
  import { loadRuntime } from "./load-runtime.mjs";
  const runtime = await loadRuntime();
  const session = await runtime.createSession(Buffer.from(process.argv[1], "base64"));
  const x = { dtype: "float32", shape: [1], data: Float32Array.of(7) };
  const { y } = await session.run({ x });
  console.log(JSON.stringify({ name: runtime.name, why: runtime.fallbackReason, y: y.data[0] }));
`;

async function runIn(project: string): Promise<unknown> {
  const model = Buffer.from(probeModel()).toString("base64");
  const { USHER_RUNTIME: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", program, model],
    { cwd: project, env },
  );
  return JSON.parse(stdout);
}

function isFallback(why: RegExp): object {
  return { name: "onnxruntime-web", why: expect.stringMatching(why), y: 7 };
}

const hasNative = (() => {
  try {
    require("onnxruntime-node");
    return true;
  } catch (error) {
    console.warn(`skipped, for the native runtime cannot be loaded here: ${error}`);
    return false;
  }
})();

describe.skipIf(!hasNative)("loadRuntime", () => {
  it("takes the native runtime where nothing is wrong with it", async () => {
    const project = await createProject("sound", async () => {});
    expect(await runIn(project)).toEqual({ name: "onnxruntime-node", why: null, y: 7 });
  });

  it.each<[string, RegExp, (native: string) => Promise<void>]>([
    [
      "is not installed",
      /^onnxruntime-node is not installed$/,
      (native) => rm(native, { recursive: true }),
    ],
    [
      "has no binary for this machine",
      /^onnxruntime-node 1\.30\.0 has no binary for \w+-\w+$/,
      (native) => rm(join(native, binaries), { recursive: true }),
    ],
    [
      "lacks a library",
      new RegExp(`${library}|onnxruntime_binding`),
      (native) => rm(join(native, binaries, library ?? "")),
    ],
    [
      "has an empty library",
      /too short|too small|not a valid|invalid/i,
      (native) => truncate(join(native, binaries, library ?? ""), 0),
    ],
    [
      "has something else in the place of its binding",
      /invalid|not a valid|not a mach-o/i,
      (native) => writeFile(join(native, binaries, "onnxruntime_binding.node"), "x".repeat(4096)),
    ],
    [
      "is older than what was tested",
      /^onnxruntime-node 1\.9\.1 is older than 1\.30\.0$/,
      (native) => writeFile(join(native, "package.json"), '{ "version": "1.9.1" }'),
    ],
    [
      "throws when a session is created",
      /^no session today$/,
      (native) => writeFile(join(native, "dist", "index.js"), refusingModule),
    ],
  ])("falls back when it %s", async (name, why, damage) => {
    const project = await createProject(name.replaceAll(" ", "-"), damage);
    expect(await runIn(project)).toEqual(isFallback(why));
  });

  it.runIf(process.platform === "linux")("falls back when it needs another C library", async () => {
    const project = await createProject("libc", async (native) => {
      const path = join(native, binaries, "onnxruntime_binding.node");
      const bytes = await readFile(path);
      // Its name in the list of libraries to load, as a machine with musl has no such file.
      bytes.write("libc.so.0", bytes.indexOf("libc.so.6\0"), "latin1");
      await writeFile(path, bytes);
    });
    expect(await runIn(project)).toEqual(isFallback(/^libc\.so\.0: cannot open shared object/));
  });

  // Elsewhere the system checks this itself, or ends the process whatever we do.
  it.runIf(process.platform === "linux").each(["onnxruntime_binding.node", "libonnxruntime.so.1"])(
    "falls back when %s is cut short, which would kill the process",
    async (file) => {
      const project = await createProject(`short-${file}`, (native) =>
        truncate(join(native, binaries, file), 100_000),
      );
      expect(await runIn(project)).toEqual(isFallback(/is cut short: 100000 of \d+ bytes/));
    },
  );
});

const refusingModule = `
  exports.env = { versions: {} };
  exports.InferenceSession = {
    create: async () => {
      throw new Error("no session today");
    },
  };
`;
