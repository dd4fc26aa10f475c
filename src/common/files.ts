/**
 * Files written whole or not at all, and their hashes.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import writeFileAtomicLibrary from "write-file-atomic";
import { EnvironmentError } from "./errors.ts";

/**
 * Writes to a temporary name beside `path`, flushes it to the disk and renames it, so that readers
 * see the old content or the new, never a part.
 * @throws EnvironmentError when the disk is full or the folder cannot be written.
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  try {
    const data =
      typeof content === "string"
        ? content
        : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    await writeFileAtomicLibrary(path, data);
  } catch (error) {
    throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
  }
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
