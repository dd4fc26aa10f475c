import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { describeCommit } from "./test-ledger.ts";

test("a commit is named where the folder is a checkout, with a plus where sources differ", async () => {
  const folder = await dataFolder({ "README.md": "read me" });
  expect(await describeCommit(folder)).toBeNull();
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@t", ...args], {
      encoding: "utf8",
    }).trim();
  git("init", "-q");
  await mkdir(join(folder, "src"));
  await writeFile(join(folder, "src", "a.ts"), "1");
  git("add", ".");
  git("commit", "-qm", "first");
  const commit = git("rev-parse", "HEAD");
  expect(await describeCommit(folder)).toBe(commit);
  expect(await describeCommit(join(folder, "src"))).toBeNull();
  await writeFile(join(folder, "README.md"), "read me again");
  expect(await describeCommit(folder)).toBe(commit);
  await writeFile(join(folder, "src", "new.ts"), "2");
  expect(await describeCommit(folder)).toBe(`${commit}+`);
});
