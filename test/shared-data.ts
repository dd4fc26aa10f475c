/**
 * Where the data sets for tests lie. They may not be redistributed, so a fresh clone has none:
 * tests that need them skip with a message, unless USHER_REQUIRE_DATA=1 (set in CI where they are).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../shared/data", import.meta.url));

/** Whether `../shared/data` is there. */
export const hasSharedData: boolean = existsSync(join(folder, "README.md"));

if (!hasSharedData) {
  console.warn(`${folder}: not there, so the tests that need these data sets are skipped`);
}

/** The path of a file or folder of the shared data, e.g. `sharedData("ml-1m", "movies.dat")`. */
export function sharedData(...parts: string[]): string {
  return join(folder, ...parts);
}
