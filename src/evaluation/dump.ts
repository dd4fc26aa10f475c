/**
 * Writes what was ranked, one JSON object a line, so that others can compute their own metrics:
 * `{"userId", "target", "ranked"}` with the data set's own ids and the best 100 items, "targets" where
 * one list is for several, and what else tells the ranking from others.
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { describeWriteFailure } from "../common/files.ts";
import type { Interactions } from "../data/interactions.ts";

/** How many items of each ranking are written. */
export const DUMP_LENGTH = 100;

const LINES_PER_WRITE = 64;

/** A file in the making. It has its name only after `commit`; until then a temporary one. */
export interface Dump {
  /**
   * @param wanted - the itemIndex of the target, or those of several.
   * @param ranked - itemIndex, best first; cut after 100.
   * @param more - what else the line says: texts, or items.
   */
  write(
    userIndex: number,
    wanted: number | Uint32Array,
    ranked: Uint32Array,
    more?: Readonly<Record<string, string | Uint32Array>>,
  ): void;
  /** Gives the file its name. */
  commit(): void;
  /** Removes what was written. Does nothing after `commit`. */
  discard(): void;
}

/**
 * @throws InputError where `path` is a folder.
 * @throws EnvironmentError, from here or from `write` and `commit`, when the disk refuses.
 */
function createDump(path: string, interactions: Pick<Interactions, "userIds" | "itemIds">): Dump {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`--dump ${path}: is a folder; give the file to write`);
  }
  const temporary = `${path}.${process.pid}.partial`;
  const file = attempt(path, () => openSync(temporary, "w"));
  const users = toJsonIds(interactions.userIds);
  const items = toJsonIds(interactions.itemIds);
  const name = (indices: Uint32Array): (string | number)[] =>
    Array.from(indices, (item) => items[item]);
  let lines: string[] = [];
  let isOpen = true;
  let isCommitted = false;
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  const flush = (): void => {
    writeFileSync(file, lines.join(""));
    lines = [];
  };
  return {
    write: (userIndex, wanted, ranked, more = {}) => {
      const line = {
        userId: users[userIndex],
        ...(typeof wanted === "number" ? { target: items[wanted] } : { targets: name(wanted) }),
        ranked: name(ranked.subarray(0, DUMP_LENGTH)),
        ...Object.fromEntries(
          Object.entries(more).map(([key, value]) => [
            key,
            typeof value === "string" ? value : name(value),
          ]),
        ),
      };
      lines.push(`${JSON.stringify(line)}\n`);
      if (lines.length >= LINES_PER_WRITE) attempt(path, flush);
    },
    commit: () => {
      attempt(path, () => {
        flush();
        fsyncSync(file);
        close();
        renameSync(temporary, path);
      });
      isCommitted = true;
    },
    discard: () => {
      close();
      if (!isCommitted) rmSync(temporary, { force: true });
    },
  };
}

/**
 * Measures with a dump beside it, which has its name only when all of it was measured.
 * @param work - gets null where nothing is to be written.
 */
export async function withDump<T>(
  path: string | undefined,
  interactions: Pick<Interactions, "userIds" | "itemIds">,
  work: (dump: Dump | null) => Promise<T>,
): Promise<T> {
  if (path === undefined) return work(null);
  const dump = createDump(path, interactions);
  try {
    const result = await work(dump);
    dump.commit();
    return result;
  } finally {
    dump.discard();
  }
}

/** The list of a case, out of those of all: `[C, length]`, -1 after the end of a short one. */
export function listOf(lists: Int32Array, index: number, length: number): Uint32Array {
  const list = lists.subarray(index * length, (index + 1) * length);
  return Uint32Array.from(list.filter((item) => item >= 0));
}

/** Ids as numbers where every one of them would come back as it was written, else as text. */
export function toJsonIds(ids: readonly string[]): readonly (string | number)[] {
  const areNumbers = ids.every(
    (id) => Number.isSafeInteger(Number(id)) && String(Number(id)) === id,
  );
  return areNumbers ? ids.map(Number) : ids;
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
  }
}
