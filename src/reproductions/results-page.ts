/**
 * Sections of a Markdown page that commands write: what stands between two marks is replaced, all
 * else is left as it is.
 */
import { readFile } from "node:fs/promises";
import { InputError } from "../common/errors.ts";
import { writeFileAtomic } from "../common/files.ts";

const START = /<!-- usher: ([\w-]+) -->/g;
const end = (section: string): string => `<!-- end of ${section} -->`;

/**
 * Rewrites the named sections of a page.
 * @param sections - their Markdown, by name.
 * @throws InputError when the page cannot be read or lacks the marks of a section.
 */
export async function rewriteSections(
  path: string,
  sections: Readonly<Record<string, string>>,
): Promise<void> {
  const page = await readPage(path);
  const rewritten = Object.entries(sections).reduce(
    (text, [section, content]) => replaceSection(text, section, content, path),
    page,
  );
  await writeFileAtomic(path, rewritten);
}

/** Before anything is measured. @throws InputError as `rewriteSections` does. */
export async function requireSections(path: string, sections: readonly string[]): Promise<void> {
  const page = await readPage(path);
  for (const section of sections) replaceSection(page, section, "", path);
}

async function readPage(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new InputError(`${path}: cannot be read; give a page with marked sections`, {
      cause: error,
    });
  });
}

function replaceSection(page: string, section: string, content: string, path: string): string {
  const start = `<!-- usher: ${section} -->`;
  const from = page.indexOf(start);
  const to = page.indexOf(end(section), from);
  if (from >= 0 && to >= 0) {
    return `${page.slice(0, from + start.length)}\n${content}\n${page.slice(to)}`;
  }
  const there = [...page.matchAll(START)].map(([, name]) => name).join(", ") || "none";
  throw new InputError(
    `${path}: expected the lines "${start}" and "${end(section)}" around what is to be written; sections there: ${there}`,
  );
}
