/**
 * A folder for what reading needs for a while: expanded archives, the database that sorts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "../common/errors.ts";

/**
 * Runs `work` with a new folder and removes the folder afterwards, whatever happens.
 * @throws EnvironmentError when the system's folder for temporary files cannot be written.
 */
export async function withTempFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await createTempFolder();
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function createTempFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "usher-"));
  } catch (error) {
    throw new EnvironmentError(
      `${tmpdir()}: no temporary folder could be made (${(error as Error).message}); ` +
        "set TMPDIR to a folder with free space",
      { cause: error },
    );
  }
}
