/**
 * Writes what was ranked, one JSON object a line, so that others can compute their own metrics:
 * `{"userId", "target", "ranked"}` with the data set's own ids and the best 100 items; and
 * `"historyOrder": "shuffled"` where histories were.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { EnvironmentError } from "../common/errors.ts";
import { describeWriteFailure } from "../common/files.ts";
import type { Interactions } from "../data/interactions.ts";
import type { HistoryOrder } from "./protocol.ts";

/** How many items of each ranking are written. */
export const DUMP_LENGTH = 100;

const LINES_PER_WRITE = 64;

/** A file in the making. It has its name only after `commit`; until then a temporary one. */
export interface Dump {
  /** @param ranked - itemIndex, best first; cut after 100. */
  write(userIndex: number, target: number, ranked: Uint32Array): void;
  /** Gives the file its name. */
  commit(): void;
  /** Removes what was written. Does nothing after `commit`. */
  discard(): void;
}

/** @throws EnvironmentError, from here or from `write` and `commit`, when the disk refuses. */
export function createDump(
  path: string,
  interactions: Interactions,
  historyOrder: HistoryOrder = "recorded",
): Dump {
  const temporary = `${path}.${process.pid}.partial`;
  const file = attempt(path, () => openSync(temporary, "w"));
  const users = toJsonIds(interactions.userIds);
  const items = toJsonIds(interactions.itemIds);
  // Every line says what must not be taken for an ordinary ranking.
  const mark = historyOrder === "recorded" ? {} : { historyOrder };
  let lines: string[] = [];
  let isOpen = true;
  const flush = (): void => {
    writeFileSync(file, lines.join(""));
    lines = [];
  };
  return {
    write: (userIndex, target, ranked) => {
      const names = Array.from(ranked.subarray(0, DUMP_LENGTH), (item) => items[item]);
      const line = { userId: users[userIndex], target: items[target], ranked: names, ...mark };
      lines.push(`${JSON.stringify(line)}\n`);
      if (lines.length >= LINES_PER_WRITE) attempt(path, flush);
    },
    commit: () => {
      attempt(path, () => {
        flush();
        fsyncSync(file);
        closeSync(file);
        isOpen = false;
        renameSync(temporary, path);
      });
    },
    discard: () => {
      if (!isOpen) return;
      isOpen = false;
      closeSync(file);
      rmSync(temporary, { force: true });
    },
  };
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
