import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { InputError } from "../common/errors.ts";
import { requireSections, rewriteSections } from "./results-page.ts";

const page = `# Results
<!-- usher: one -->
old
<!-- end of one -->
by hand
<!-- usher: two -->
<!-- end of two -->
`;

async function writePage(text: string): Promise<string> {
  return join(await dataFolder({ "results.md": text }), "results.md");
}

test("replaces what stands between the marks, and nothing else", async () => {
  const path = await writePage(page);
  await rewriteSections(path, { two: "b", one: "a\na" });
  const expected = page.replace("old", "a\na").replace("two -->\n", "two -->\nb\n");
  expect(await readFile(path, "utf8")).toBe(expected);
  await rewriteSections(path, { one: "old", two: "b" });
  expect(await readFile(path, "utf8")).toBe(page.replace("two -->\n", "two -->\nb\n"));
});

test("says which sections there are when one is not", async () => {
  const path = await writePage(page);
  await expect(requireSections(path, ["one", "three"])).rejects.toThrow(
    /expected the lines "<!-- usher: three -->".*sections there: one, two/,
  );
  await expect(rewriteSections(path, { one: "new", three: "" })).rejects.toThrow(InputError);
  expect(await readFile(path, "utf8")).toBe(page);
  await expect(requireSections(`${path}x`, [])).rejects.toThrow(/cannot be read/);
});
