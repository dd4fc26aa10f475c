/**
 * Runs the built command as a shell would; `npm test` builds it first.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const mainFile: string = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** What a run of the command left. */
export interface UsherRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface UsherOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags for Node itself. */
  readonly nodeArgs?: readonly string[];
  /** Another program to run instead. */
  readonly file?: string;
  /** Gets the process once it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

export async function runUsher(
  args: readonly string[],
  { cwd, env, nodeArgs = [], file = mainFile, onStart }: UsherOptions = {},
): Promise<UsherRun> {
  if (!existsSync(file)) throw new Error(`${file}: not there; run npm run build first`);
  const child = spawn(process.execPath, [...nodeArgs, file, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onStart?.(child);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  return { exitCode, stdout: await stdout, stderr: await stderr };
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
