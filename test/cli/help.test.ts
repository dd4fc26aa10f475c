/**
 * `--help` of every command shows how it is used, with examples.
 */
import { describe, expect, test } from "vitest";
import { runUsher } from "./run-usher.ts";

test("usher --help lists the commands", async () => {
  const { exitCode, stdout } = await runUsher(["--help"]);
  expect(exitCode).toBe(0);
  for (const name of ["recommend", "similar", "train", "evaluate", "reproduce", "export", "data"]) {
    expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
  }
});

describe.each([
  ["recommend"],
  ["similar"],
  ["train"],
  ["evaluate"],
  ["reproduce"],
  ["export"],
  ["data", "fetch"],
  ["data", "inspect"],
])("%s %s", (...words) => {
  test("--help has examples of this very command", async () => {
    const command = words.filter((word) => word !== undefined);
    const { exitCode, stdout, stderr } = await runUsher([...command, "--help"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const examples = stdout.split("Examples:\n")[1] ?? "";
    expect(examples).toContain(`usher ${command.join(" ")} `);
  });
});

test.each([
  [[], "Usage: usher"],
  [["recomend"], "usher: unknown command 'recomend'\n(Did you mean recommend?)"],
  [["data", "get"], "usher: unknown command 'get'"],
])("usher %j is wrong usage", async (args, text) => {
  const { exitCode, stdout, stderr } = await runUsher(args);
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(text);
});

test("usher --version prints the package's", async () => {
  const { stdout } = await runUsher(["--version"]);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
