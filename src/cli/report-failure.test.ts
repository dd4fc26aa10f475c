import { CommanderError } from "commander";
import { afterEach, expect, test, vi } from "vitest";
import { EnvironmentError, InputError, InternalError, InterruptedError } from "../common/errors.ts";
import { reportFailure } from "./report-failure.ts";

const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
afterEach(() => {
  stderr.mockClear();
  vi.unstubAllEnvs();
});

const written = (): string => stderr.mock.calls.map(([text]) => text).join("");

test.each([
  [new InputError("x.csv: line 3: bad"), 2, "usher: x.csv: line 3: bad\n"],
  [new EnvironmentError("disk full"), 1, "usher: disk full\n"],
  [new InterruptedError("stopped"), 130, "usher: stopped\n"],
  [new InternalError("broken"), 1, "usher: internal: broken\n"],
  [new TypeError("x is undefined"), 1, "usher: internal: x is undefined; this is a fault of Usher"],
  ["thrown text", 1, "usher: internal: thrown text; this is a fault of Usher"],
])("%s has its exit code and one line", (error, exitCode, text) => {
  expect(reportFailure(error)).toBe(exitCode);
  expect(written()).toContain(text);
  expect(written().match(/\n/g)).toHaveLength(1);
});

test("wrong usage is 2, help that was asked for is 0; commander has printed both", () => {
  expect(reportFailure(new CommanderError(1, "commander.unknownOption", "error: ..."))).toBe(2);
  expect(reportFailure(new CommanderError(0, "commander.helpDisplayed", "(outputHelp)"))).toBe(0);
  expect(written()).toBe("");
});

test("USHER_DEBUG=1 adds stack and cause", () => {
  vi.stubEnv("USHER_DEBUG", "1");
  reportFailure(new InputError("bad", { cause: new Error("the cause") }));
  expect(written()).toMatch(/report-failure\.test/);
  expect(written()).toMatch(/the cause/);
});
