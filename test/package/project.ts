/**
 * An empty project that depends on Usher, as a stranger would set it up.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The root of the repository. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** What a command wrote. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs npm or npx in a folder; `env` is added to the environment. */
export function runNpm(
  command: "npm" | "npx",
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Output> {
  // An npm that runs our tests tells its own settings to the one started here, and USHER_RUNTIME
  // would hide which runtime a stranger gets.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(config_local_prefix|package|lifecycle)|INIT_CWD|USHER_)/.test(name),
  );
  return run(command, [...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    maxBuffer: 2 ** 26,
    shell: process.platform === "win32",
  });
}

export interface Tarball {
  readonly path: string;
  /** The paths inside, e.g. "dist/index.js". */
  readonly files: readonly string[];
}

/** Packs the repository as it was built; `npm test` builds it first. */
export async function pack(folder: string): Promise<Tarball> {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await runNpm("npm", args, root);
  const [{ filename, files }] = JSON.parse(stdout) as [
    { filename: string; files: { path: string }[] },
  ];
  return { path: join(folder, filename), files: files.map(({ path }) => path) };
}

/** A folder with a manifest and nothing else. */
export async function createProject(parent: string, name: string): Promise<string> {
  const project = join(parent, name);
  await mkdir(project);
  const manifest = { name, version: "1.0.0", private: true, type: "module" };
  await writeFile(join(project, "package.json"), JSON.stringify(manifest));
  return project;
}

/** The other hosts of the network: each connection is refused, or accepted and never answered. */
export interface Network {
  /** What sends everything but the registry there. */
  readonly env: NodeJS.ProcessEnv;
  /** How many connections were made so far. Those that are refused are not seen. */
  numConnections(): number;
  close(): void;
}

export async function createNetwork(kind: "refusing" | "hanging"): Promise<Network> {
  let numConnections = 0;
  const server = createServer((socket) => {
    numConnections++;
    socket.on("error", () => {});
    socket.unref();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  // A port that nobody listens on refuses.
  if (kind === "refusing") server.close();
  const registry = (await runNpm("npm", ["config", "get", "registry"], root)).stdout.trim();
  const proxy = `http://127.0.0.1:${port}`;
  const names = ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"];
  const env = Object.fromEntries(names.map((name) => [name, proxy]));
  const except = new URL(registry).hostname;
  return {
    // The last two are what onnxruntime-node's install script listens to.
    env: {
      ...env,
      GLOBAL_AGENT_HTTPS_PROXY: proxy,
      GLOBAL_AGENT_HTTP_PROXY: proxy,
      NO_PROXY: except,
      no_proxy: except,
    },
    numConnections: () => numConnections,
    close: () => server.close(),
  };
}

/** The manifest of the repository. */
export async function readManifest(): Promise<Record<string, Record<string, string>>> {
  return JSON.parse(await readFile(join(root, "package.json"), "utf8"));
}
