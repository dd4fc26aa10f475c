/**
 * The other side of a benchmark: a Python program that answers each line of JSON with another.
 * It stays alive between rounds, so that both sides can take turns without starting anew.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { EnvironmentError } from "../src/common/errors.ts";

export interface Peer {
  /** Name and version of what computes. */
  readonly version: string;
  /** @throws EnvironmentError when the program has ended; what it said is on stderr. */
  ask(request: object): Promise<Readonly<Record<string, unknown>>>;
  stop(): void;
}

/** The Python in which the peers are installed (bench/README.md), or null where there is none. */
export function findPeerPython(): string | null {
  const path = process.env.USHER_PEER_PYTHON ?? resolve("bench/peers/.venv/bin/python");
  return existsSync(path) ? path : null;
}

export const PEERS_MISSING =
  "the peers are not installed and were skipped: see bench/README.md, or set USHER_PEER_PYTHON";

/**
 * @param program - a file of bench/peers.
 * @param setup - its first line; the answer holds its `version`.
 */
export async function startPeer(python: string, program: string, setup: object): Promise<Peer> {
  const child = spawn(python, [resolve("bench/peers", program)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  // A program that dies is noticed by the answer that does not come.
  child.stdin.on("error", () => {});
  const lines = createInterface({ input: child.stdout });
  const ask = async (request: object): Promise<Readonly<Record<string, unknown>>> => {
    const answer = Promise.race([once(lines, "line"), once(lines, "close")]);
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const [line] = await answer;
    if (line === undefined) throw new EnvironmentError(`bench/peers/${program} ended early`);
    return JSON.parse(line);
  };
  const { version } = await ask(setup);
  return { version: String(version), ask, stop: () => child.stdin.end() };
}
