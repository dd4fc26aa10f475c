/**
 * The histories of many users from one file: JSON lines `{"userId", "items"}`, with `ratings`,
 * `times`, `time` and `user` where they are known, or CSV with the columns `userId` and `itemId`, one
 * row for each item.
 */
import { existsSync } from "node:fs";
import { InputError } from "../common/errors.ts";
import { readLines, splitFields } from "../data/lines.ts";

export interface UserHistory {
  /** As it was written: a number stays one. */
  readonly userId: string | number;
  /** Outside ids, oldest first. */
  readonly items: readonly string[];
  /** What each of them was given; null where unknown. */
  readonly ratings?: readonly (number | null)[] | undefined;
  /** When each of them was watched, in seconds since 1970; null where unknown. */
  readonly times?: readonly (number | null)[] | undefined;
  /** When recommendations are wanted, in seconds since 1970. */
  readonly time?: number | undefined;
  /** What is known of the user, by the name of the feature. */
  readonly user?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * @param path - CSV where it ends in `.csv`, else JSON lines.
 * @throws InputError that names the file, the line, what was expected and what came.
 */
export async function readHistories(path: string): Promise<readonly UserHistory[]> {
  if (!existsSync(path)) throw new InputError(`${path}: no such file`);
  const users = /\.csv$/i.test(path) ? await readCsv(path) : await readJsonLines(path);
  if (users.length > 0) return users;
  throw new InputError(`${path}: expected at least one user, the file has none`);
}

/** Each line that is not empty, with where it stands. */
async function* numberedLines(path: string): AsyncGenerator<{ line: string; where: string }> {
  for await (const { first, lines } of readLines(path)) {
    for (const [i, text] of lines.entries()) {
      const line = first + i === 1 ? text.replace(/^\uFEFF/, "") : text;
      if (line.trim() !== "") yield { line, where: `${path}: line ${first + i}` };
    }
  }
}

const SHAPE = '{"userId": "u1", "items": ["id", "id"]}';

async function readJsonLines(path: string): Promise<readonly UserHistory[]> {
  const users: UserHistory[] = [];
  for await (const { line, where } of numberedLines(path)) {
    const { userId, items, ratings, times, time, user } = parseObject(line, where);
    if (!Array.isArray(items))
      throw new InputError(`${where}: expected ${SHAPE}, got ${cut(line)}`);
    toId(userId, where);
    users.push({
      userId: userId as UserHistory["userId"],
      items: items.map((id) => toId(id, where)),
      ...(ratings !== undefined && { ratings: toNumbers("ratings", ratings, items.length, where) }),
      ...(times !== undefined && { times: toNumbers("times", times, items.length, where) }),
      ...(time !== undefined && { time: toTime(time, where) }),
      ...(user !== undefined && { user: toFeatures(user, where) }),
    });
  }
  return users;
}

function parseObject(line: string, where: string): { [K in keyof UserHistory]?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Told below: it is no JSON object either way.
  }
  throw new InputError(`${where}: expected a JSON object such as ${SHAPE}, got ${cut(line)}`);
}

function toNumbers(name: string, value: unknown, count: number, where: string): (number | null)[] {
  const isKnown = (one: unknown): boolean => one === null || Number.isFinite(one);
  if (Array.isArray(value) && value.length === count && value.every(isKnown)) return value;
  throw new InputError(
    `${where}: expected "${name}" with a number or null for each of ${count} items, got ${cut(JSON.stringify(value))}`,
  );
}

function toTime(value: unknown, where: string): number | undefined {
  if (value === null) return undefined;
  if (Number.isFinite(value)) return value as number;
  throw new InputError(
    `${where}: expected "time" in seconds since 1970, got ${cut(JSON.stringify(value))}`,
  );
}

function toFeatures(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new InputError(
    `${where}: expected "user" as an object of features such as {"age": 25}, got ${cut(JSON.stringify(value))}`,
  );
}

/** An id as text. A number that JSON cannot carry exactly must come as text. */
function toId(value: unknown, where: string): string {
  if (typeof value === "string" || Number.isSafeInteger(value)) return String(value);
  throw new InputError(
    `${where}: expected ids as text or whole numbers, got ${cut(JSON.stringify(value) ?? "none")}; ` +
      "write numbers of more than 15 digits as text",
  );
}

async function readCsv(path: string): Promise<readonly UserHistory[]> {
  const users = new Map<string, string[]>();
  let columns: { user: number; item: number; count: number } | undefined;
  for await (const { line, where } of numberedLines(path)) {
    const fields = splitFields(line, ",", true);
    if (!columns) {
      columns = findColumns(fields ?? [], where, line);
      continue;
    }
    if (fields?.length !== columns.count) {
      throw new InputError(
        `${where}: expected ${columns.count} fields separated by ",", got ${cut(line)}`,
      );
    }
    const items = users.get(fields[columns.user]);
    if (items) items.push(fields[columns.item]);
    else users.set(fields[columns.user], [fields[columns.item]]);
  }
  return Array.from(users, ([userId, items]) => ({ userId, items }));
}

function findColumns(
  header: readonly string[],
  where: string,
  line: string,
): { user: number; item: number; count: number } {
  const [user, item] = [header.indexOf("userId"), header.indexOf("itemId")];
  if (user >= 0 && item >= 0) return { user, item, count: header.length };
  throw new InputError(
    `${where}: expected a header with the columns userId and itemId, got ${cut(line)}`,
  );
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
