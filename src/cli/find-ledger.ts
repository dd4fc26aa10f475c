/**
 * The ledger of the project that one works in.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** `docs/test-ledger.jsonl` of the working folder, if it keeps one. */
export function findLedger(folder: string = process.cwd()): string | undefined {
  const path = join(folder, "docs", "test-ledger.jsonl");
  return existsSync(path) ? path : undefined;
}
