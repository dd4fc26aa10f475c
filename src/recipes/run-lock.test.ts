import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { EnvironmentError } from "../common/errors.ts";
import { isLock, takeLock } from "./run-lock.ts";

interface Parts {
  readonly pid: string;
  readonly start: string;
  readonly boot: string;
  readonly namespace: string;
  readonly host: string;
}

/** The lock that this process would leave if it were another one. */
async function lockOf(folder: string, change: (own: Parts) => Partial<Parts>): Promise<string> {
  const release = await takeLock(folder);
  const [name] = await readdir(folder);
  await release();
  const [, pid, start, boot, namespace, ...host] = name.replace(/\.lock$/, "").split("-");
  const own = { pid, start, boot, namespace, host: host.join("-") };
  const other = { ...own, ...change(own) };
  return `writer-${other.pid}-${other.start}-${other.boot}-${other.namespace}-${other.host}.lock`;
}

/** Field 22 of proc_pid_stat(5). */
function startOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")[19];
}

const isLinux = process.platform === "linux";

describe("a lock", () => {
  it("is an empty file that goes when it is released", async () => {
    const folder = await dataFolder({});
    const release = await takeLock(folder);
    const names = await readdir(folder);
    expect(names.map(isLock)).toEqual([true]);
    expect(readFileSync(join(folder, names[0])).length).toBe(0);
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("keeps the same process out as well", async () => {
    const folder = await dataFolder({});
    const release = await takeLock(folder);
    await expect(takeLock(folder)).rejects.toThrow(EnvironmentError);
    await expect(takeLock(folder)).rejects.toThrow(
      `${folder}: process ${process.pid} trains here; wait for it to end or choose another --out`,
    );
    await release();
    await (await takeLock(folder))();
  });

  it.skipIf(!isLinux)("of a process that runs is respected", async () => {
    const folder = await dataFolder({});
    const start = startOf(process.ppid);
    const name = await lockOf(folder, () => ({ pid: String(process.ppid), start }));
    await writeFile(join(folder, name), "");
    await expect(takeLock(folder)).rejects.toThrow(`process ${process.ppid} trains here`);
    expect(await readdir(folder)).toEqual([name]);
  });

  it.skipIf(!isLinux).each<[string, (own: Parts) => Partial<Parts>]>([
    ["whose number another process has now", ({ start }) => ({ start: String(Number(start) + 1) })],
    ["that no longer runs", () => ({ pid: "4194305" })],
    ["from before the machine was started again", () => ({ boot: "0123abcd" })],
  ])("of a process %s is removed", async (_, change) => {
    const folder = await dataFolder({});
    const name = await lockOf(folder, change);
    await writeFile(join(folder, name), "");
    const release = await takeLock(folder);
    expect(await readdir(folder)).not.toContain(name);
    await release();
  });

  it.skipIf(!isLinux)("of a process that has ended but was not waited for is removed", async () => {
    const folder = await dataFolder({});
    // The program that takes the shell's place never asks how the shell's child ended.
    const parent = spawn("sh", ["-c", "sleep 0 & exec sleep 600"]);
    onTestFinished(() => {
      parent.kill("SIGKILL");
    });
    const zombie = await findZombie(parent.pid as number);
    const name = await lockOf(folder, () => ({ pid: String(zombie), start: startOf(zombie) }));
    await writeFile(join(folder, name), "");
    await (await takeLock(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each<[string, (own: Parts) => Partial<Parts>, string]>([
    ["another machine", () => ({ host: "node-7.example" }), " on node-7.example"],
    ["another container", () => ({ namespace: "1" }), " on "],
  ])(
    "of a process on %s is respected, and the message says which file it is",
    async (_, change, where) => {
      const folder = await dataFolder({});
      const name = await lockOf(folder, change);
      await writeFile(join(folder, name), "");
      await expect(takeLock(folder)).rejects.toThrow(where);
      await expect(takeLock(folder)).rejects.toThrow(`if it is gone, remove ${join(folder, name)}`);
      await rename(join(folder, name), join(folder, "other.lock"));
      await (await takeLock(folder))();
    },
  );

  it("cannot be taken where nothing can be written", async () => {
    const folder = join(await dataFolder({}), "missing");
    await expect(takeLock(folder)).rejects.toThrow(EnvironmentError);
    await expect(takeLock(folder)).rejects.toThrow("could not be written (ENOENT");
  });
});

/** The child of a process that has ended. */
async function findZombie(parent: number): Promise<number> {
  for (;;) {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const [state, ppid] = fieldsOf(pid);
      if (state === "Z" && Number(ppid) === parent) return Number(pid);
    }
    await sleep(10);
  }
}

function fieldsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  } catch {
    return [];
  }
}
