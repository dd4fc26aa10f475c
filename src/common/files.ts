/**
 * Files written whole or not at all, and their hashes.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { threadId } from "node:worker_threads";
import { EnvironmentError } from "./errors.ts";

let numTemporaries = 0;

/**
 * Writes to a temporary name beside `path`, flushes it to the disk and renames it, so that readers
 * see the old content or the new, never a part. What a killed process leaves ends in `.tmp`.
 *
 * Not the npm package write-file-atomic: on a nearly full disk a write takes some of the bytes and
 * says how many, and that package (7.0.1) does not ask.
 * @throws EnvironmentError when the disk is full or the folder cannot be written.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}-${threadId}-${numTemporaries++}.tmp`;
  try {
    await writeFlushed(temporary, content);
    await rename(temporary, path);
    await flushFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
  }
}

async function writeFlushed(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that the new name outlives a power failure; not every system can. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** What went wrong in words, and the way out. */
export function describeWriteFailure(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOSPC") return `${path}: the disk is full; free some space and run it again`;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return `${path}: this user may not write here; choose another folder`;
  }
  return `${path}: could not be written (${(error as Error).message})`;
}

/** The sha256 of some bytes, as 64 hexadecimal digits. */
export function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The sha256 of a file, read as a stream. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
