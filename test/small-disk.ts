/**
 * A disk that is soon full, for tests: a small file system in memory, which only root can mount.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

function mount(sizeBytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), "usher-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", folder], {
      stdio: "ignore",
    });
    return folder;
  } catch {
    rmdirSync(folder);
    return null;
  }
}

function unmount(folder: string): void {
  execFileSync("umount", [folder]);
  rmdirSync(folder);
}

const trial = mount(65_536);
if (trial !== null) unmount(trial);
else console.warn("no file system can be mounted here, so the tests of a full disk are skipped");

/** Whether `smallDisk` works: on Linux, as root. */
export const hasSmallDisk: boolean = trial !== null;

/** A folder with room for so many bytes (in whole pages), which goes when the test ends. */
export function smallDisk(sizeBytes: number): string {
  const folder = mount(sizeBytes);
  if (folder === null) throw new Error("no file system can be mounted here");
  onTestFinished(() => unmount(folder));
  return folder;
}
