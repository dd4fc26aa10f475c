import { expect, test } from "vitest";
import { InputError } from "./errors.ts";
import { formatBytes, requireMemory } from "./memory.ts";

test.each([
  [1, "1 KiB"],
  [1024 ** 2, "1 MiB"],
  [1.5 * 1024 ** 2, "2 MiB"],
  [77.91 * 1024 ** 3, "77.9 GiB"],
])("%d bytes read %s", (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected);
});

test("what fits passes, what does not is refused with both sizes and a way out", () => {
  expect(() => requireMemory("work", 100, 100, "do less")).not.toThrow();
  const refuse = (): void => requireMemory("work", 2 ** 21, 2 ** 20, "do less");
  expect(refuse).toThrow(InputError);
  expect(refuse).toThrow("work needs 2 MiB of memory, allowed are 1 MiB; do less");
});
