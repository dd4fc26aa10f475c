/**
 * Refuses work that would not fit into memory before it starts, instead of being killed in its midst.
 */
import { totalmem } from "node:os";
import { InputError } from "./errors.ts";

/** Half of the memory of the machine or container, in bytes: the rest is for all else that runs. */
export function defaultMemoryLimit(): number {
  const constrained = process.constrainedMemory();
  return Math.min(totalmem(), constrained > 0 ? constrained : totalmem()) / 2;
}

/**
 * @param what - what would be done, e.g. "EASE on 59047 items".
 * @param remedy - what the caller can do, e.g. "lower batchSize".
 * @throws InputError that names the bytes needed and the bytes allowed.
 */
export function requireMemory(
  what: string,
  neededBytes: number,
  limitBytes: number,
  remedy: string,
): void {
  if (neededBytes <= limitBytes) return;
  throw new InputError(
    `${what} needs ${formatBytes(neededBytes)} of memory, allowed are ${formatBytes(limitBytes)}; ${remedy}`,
  );
}

/** Bytes as people read them: "512 MiB", "26.0 GiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 2 ** 20) return `${Math.ceil(bytes / 2 ** 10)} KiB`;
  if (bytes < 2 ** 30) return `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
