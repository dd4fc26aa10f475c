/**
 * Files of one user a line: `user item item item ...`, and the Letterboxd ratings. They are small
 * enough, and odd enough, to be read here rather than by DuckDB.
 */
import { InputError } from "../common/errors.ts";
import type { Interactions } from "./interactions.ts";
import { readLines } from "./lines.ts";
import type { LocalFile } from "./source-files.ts";

/**
 * Reads lines of `user item item item ...`, separated by blanks, items oldest first.
 * @throws InputError when a line has no item or names a user a second time.
 */
export async function readSequenceLines(file: LocalFile): Promise<Interactions> {
  const userIndices = new Map<string, number>();
  const itemIndices = new Map<string, number>();
  const offsets: number[] = [0];
  const items: number[] = [];
  for await (const { line, text } of linesOf(file)) {
    const [user, ...itemIds] = text.trim().split(/\s+/);
    const problem =
      itemIds.length === 0
        ? "expected a user and at least one item"
        : userIndices.has(user)
          ? `expected each user on one line, got user ${user} again`
          : null;
    if (problem !== null) throw badLine(file, line, problem, text);
    userIndices.set(user, userIndices.size);
    for (const id of itemIds) items.push(indexOf(itemIndices, id));
    offsets.push(items.length);
  }
  return {
    userIds: [...userIndices.keys()],
    itemIds: [...itemIndices.keys()],
    offsets: Uint32Array.from(offsets),
    items: Uint32Array.from(items),
    ratings: null,
    timestamps: null,
  };
}

/**
 * Reads the Letterboxd ratings: gaps between rising movie indexes, a tab, and for each movie one
 * character, the rating in half stars, `1` to `9` and `A`. Users are known by their line; there
 * are no times, so the order within a user means nothing.
 * @throws InputError when a line is not written so.
 */
export async function readLetterboxd(file: LocalFile): Promise<Interactions> {
  const userIds: string[] = [];
  const itemIndices = new Map<number, number>();
  const offsets: number[] = [0];
  const items: number[] = [];
  const ratings: number[] = [];
  for await (const { line, text } of linesOf(file)) {
    const [gaps, stars = ""] = text.split("\t");
    const numbers = gaps.split(" ").map(Number);
    const isWhole = numbers.every((gap, k) => Number.isInteger(gap) && gap >= (k === 0 ? 0 : 1));
    if (!isWhole || !/^[1-9A]+$/.test(stars) || stars.length !== numbers.length) {
      const problem = "expected gaps, a tab, and as many ratings of 1 to 9 or A";
      throw badLine(file, line, problem, text);
    }
    let movie = 0;
    for (const [k, gap] of numbers.entries()) {
      movie += gap;
      items.push(indexOf(itemIndices, movie));
      ratings.push(Number.parseInt(stars[k], 16) / 2);
    }
    userIds.push(String(line));
    offsets.push(items.length);
  }
  return {
    userIds,
    itemIds: [...itemIndices.keys()].map(String),
    offsets: Uint32Array.from(offsets),
    items: Uint32Array.from(items),
    ratings: Float32Array.from(ratings),
    timestamps: null,
  };
}

async function* linesOf(file: LocalFile): AsyncGenerator<{ line: number; text: string }> {
  for await (const { first, lines } of readLines(file.path)) {
    for (const [k, text] of lines.entries()) {
      if (text.trim() !== "") yield { line: first + k, text };
    }
  }
}

function indexOf<Id>(indices: Map<Id, number>, id: Id): number {
  const known = indices.get(id);
  if (known !== undefined) return known;
  indices.set(id, indices.size);
  return indices.size - 1;
}

function badLine(file: LocalFile, line: number, problem: string, text: string): InputError {
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  return new InputError(
    `${file.shownAs}: line ${line}: ${problem}, got ${shown}; ` +
      "fetch the file again, or correct the line",
  );
}
