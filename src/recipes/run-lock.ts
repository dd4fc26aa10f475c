/**
 * Keeps a second process out of a folder. Each writer leaves an empty file that is named after
 * itself and then looks for those of others: of two that come at once at least one sees the other.
 *
 * A writer that was killed leaves its file behind. It is told from one that runs by what no other
 * process has in common with it: its number and the time it started, since this boot. So the next
 * one need not wait, and a process that is merely slow or stopped does not lose its lock.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { open, readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "../common/errors.ts";
import { describeWriteFailure } from "../common/files.ts";

/** A process, told from all others there ever were. */
interface Writer {
  readonly pid: string;
  /** When it started, in ticks since the boot; "0" where the system does not tell. */
  readonly start: string;
  readonly boot: string;
  /** Numbers of processes mean nothing outside their namespace (a container has its own). */
  readonly namespace: string;
  readonly host: string;
}

const filePattern =
  /^writer-(?<pid>\d+)-(?<start>\d+)-(?<boot>\w+)-(?<namespace>\d+)-(?<host>.+)\.lock$/;

/** Whether a file of a run folder is such a lock. */
export function isLock(name: string): boolean {
  return filePattern.test(name);
}

/**
 * @returns gives the folder free again.
 * @throws EnvironmentError when another process writes there, or the folder cannot be written.
 */
export async function takeLock(folder: string): Promise<() => Promise<void>> {
  const self = describeSelf();
  const own = fileOf(self);
  const path = join(folder, own);
  const file = await open(path, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") throw refusal(folder, self, self);
    throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
  });
  await file.close();
  const release = (): Promise<void> => rm(path, { force: true });
  for (const name of await readdir(folder)) {
    const other = filePattern.exec(name)?.groups as Writer | undefined;
    if (other === undefined || name === own) continue;
    if (mayRun(other, self)) {
      await release();
      throw refusal(folder, other, self);
    }
    await rm(join(folder, name), { force: true });
  }
  return release;
}

function describeSelf(): Writer {
  return {
    pid: String(process.pid),
    start: readStat(process.pid)?.start ?? "0",
    boot: readText("/proc/sys/kernel/random/boot_id").slice(0, 8) || "0",
    namespace: /\d+/.exec(readLink("/proc/self/ns/pid"))?.[0] ?? "0",
    host: encodeURIComponent(hostname()),
  };
}

function fileOf({ pid, start, boot, namespace, host }: Writer): string {
  return `writer-${pid}-${start}-${boot}-${namespace}-${host}.lock`;
}

/** Of what runs elsewhere nothing is known, so it counts as running. */
function mayRun(other: Writer, self: Writer): boolean {
  if (isElsewhere(other, self)) return true;
  return other.boot === self.boot && isRunning(other);
}

function isElsewhere(other: Writer, self: Writer): boolean {
  if (other.host !== self.host) return true;
  return other.boot === self.boot && other.namespace !== self.namespace;
}

function isRunning({ pid, start }: Writer): boolean {
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // Any other code, such as EPERM, says that there is one.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const stat = readStat(Number(pid));
  // A zombie has ended; its parent has not asked yet how.
  return stat === null || (stat.state !== "Z" && stat.start === start);
}

/** State and start of a process, from Linux' /proc; null elsewhere. Source: proc_pid_stat(5). */
function readStat(pid: number): { state: string; start: string } | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === "") return null;
  // The second field, the program's name in parentheses, may hold spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], start: fields[19] };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function refusal(folder: string, other: Writer, self: Writer): EnvironmentError {
  const isFar = isElsewhere(other, self);
  const where = isFar ? ` on ${decodeURIComponent(other.host)}` : "";
  const wayOut = isFar ? `; if it is gone, remove ${join(folder, fileOf(other))}` : "";
  return new EnvironmentError(
    `${folder}: process ${other.pid}${where} trains here; wait for it to end or choose another --out${wayOut}`,
  );
}
