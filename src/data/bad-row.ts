/**
 * The first row of a file that is not as it should be, in words. DuckDB says that a file is bad;
 * this says where, what was expected and what is there. Only read once something went wrong.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { LoadOptions } from "./dataset.ts";
import { queryRows, quoteName } from "./duckdb.ts";
import type { RatingScale } from "./known-sets.ts";
import { readLines, splitFields } from "./lines.ts";
import type { TableSource } from "./table-source.ts";
import { type ColumnRole, namedColumns, type TextLayout } from "./text-layout.ts";

/** Where something is wrong, and what. */
export interface BadRow {
  /** "line 17", or "row 17" in files without lines. */
  readonly place: string;
  /** "expected 4 fields separated by "::", got 3: "1::2::3"". */
  readonly problem: string;
  /** It is the last line, and the file ends in its midst. */
  readonly isCut: boolean;
}

/** The first bad line of a delimited text file, or null. */
export async function findBadLine(source: TableSource, layout: TextLayout): Promise<BadRow | null> {
  return scan(source.file.path, layout.isQuoted, (text, line) =>
    line === 1 && layout.hasHeader ? null : checkLine(text, layout, source.scale),
  );
}

/** The first bad line of a file of JSON objects, or null. */
export async function findBadJson(
  source: TableSource,
  options: LoadOptions,
): Promise<BadRow | null> {
  const columns = namedColumns(options);
  return scan(source.file.path, false, (text) => checkJson(text, columns));
}

/** The first row of a Parquet file that lacks a value or has one that is not a number, or null. */
export async function findBadParquetRow(
  database: DuckDBConnection,
  source: TableSource,
  options: LoadOptions,
): Promise<BadRow | null> {
  const roles = namedColumns(options);
  const values = roles.map(([name]) => `CAST(${quoteName(name)} AS VARCHAR) AS ${quoteName(name)}`);
  const bad = [source.user, source.item, source.rating, source.time]
    .filter((column) => column !== null)
    .map((column) => `(${column}) IS NULL`);
  if (source.rating !== null) bad.push(`NOT isfinite(${source.rating})`);
  if (source.time !== null) bad.push(`NOT isfinite(CAST(${source.time} AS DOUBLE))`);
  const rows = await queryRows(
    database,
    `SELECT file_row_number + 1 AS row, ${values.join(", ")}
     FROM ${source.relation.replace(/\)$/, ", file_row_number = true)")}
     WHERE ${bad.join(" OR ")} ORDER BY file_row_number LIMIT 1`,
  );
  if (rows.length === 0) return null;
  const shown = roles.map(([name, role]) => `${role} ${JSON.stringify(rows[0][name] ?? null)}`);
  const problem = `expected ${roles.map(([, role]) => role).join(", ")} in every row, got ${shown.join(", ")}`;
  return { place: `row ${rows[0].row}`, problem, isCut: false };
}

/** Runs `check` over the records of a file; quoted fields may hold line ends. */
async function scan(
  path: string,
  isQuoted: boolean,
  check: (text: string, line: number) => string | null,
): Promise<BadRow | null> {
  let open = "";
  let openedAt = 0;
  for await (const { first, lines, isTerminated } of readLines(path)) {
    for (let k = 0; k < lines.length; k++) {
      const text = open === "" ? lines[k] : `${open}\n${lines[k]}`;
      const line = open === "" ? first + k : openedAt;
      open = isQuoted && hasOpenQuote(text) ? text : "";
      openedAt = line;
      if (open !== "" || text.trim() === "") continue;
      const problem = check(text, line);
      if (problem !== null) return { place: `line ${line}`, problem, isCut: !isTerminated };
    }
  }
  if (open === "") return null;
  const problem = `a quoted field is never closed: ${quoted(open)}`;
  return { place: `line ${openedAt}`, problem, isCut: true };
}

const hasOpenQuote = (text: string): boolean => (text.split('"').length - 1) % 2 === 1;

const quoted = (text: string): string =>
  JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);

function checkLine(text: string, layout: TextLayout, scale: RatingScale | null): string | null {
  if (text.includes("\uFFFD")) return `expected UTF-8 text, got ${quoted(text)}`;
  const { delimiter, columns } = layout;
  const fields = splitFields(text, delimiter, layout.isQuoted);
  if (fields === null)
    return `quotes are not closed or not at the ends of a field: ${quoted(text)}`;
  if (fields.length !== columns.length) {
    const expected = `${columns.length} fields separated by ${JSON.stringify(delimiter)}`;
    return `expected ${expected}, got ${fields.length}: ${quoted(text)}`;
  }
  for (const [k, role] of columns.entries()) {
    const problem = checkField(fields[k], role, layout.timeIsSeconds, scale);
    if (problem !== null) return `${problem} in ${quoted(text)}`;
  }
  return null;
}

const nouns: Readonly<Record<ColumnRole, string>> = {
  user: "a user",
  item: "an item",
  rating: "a rating",
  time: "a time",
  other: "a value",
};

function checkField(
  field: string,
  role: ColumnRole,
  timeIsSeconds: boolean,
  scale: RatingScale | null,
): string | null {
  if (role === "other") return null;
  if (field.trim() === "") return `expected ${nouns[role]}, got none`;
  if (role === "rating") return checkRating(field, scale);
  if (role === "time" && !isTime(field, timeIsSeconds)) {
    const expected = timeIsSeconds ? "whole seconds since 1970" : "a number or date as time";
    return `expected ${expected}, got ${quoted(field)}`;
  }
  return null;
}

function checkRating(field: string, scale: RatingScale | null): string | null {
  const rating = Number(field);
  if (!Number.isFinite(rating)) return `expected a number as rating, got ${quoted(field)}`;
  if (scale === null) return null;
  const { min, max, step } = scale;
  if (rating >= min && rating <= max && Number.isInteger((rating - min) / step)) return null;
  return `expected a rating from ${min} to ${max} in steps of ${step}, got ${field}`;
}

function isTime(field: string, timeIsSeconds: boolean): boolean {
  if (Number.isFinite(Number(field))) return true;
  const isDate = /^\d{4}-\d{1,2}-\d{1,2}([T ].*)?$/.test(field) && !Number.isNaN(Date.parse(field));
  return !timeIsSeconds && isDate;
}

function checkJson(
  text: string,
  columns: readonly [name: string, role: ColumnRole][],
): string | null {
  const record = parseObject(text);
  if (record === null) return `expected one JSON object, got ${quoted(text)}`;
  for (const [name, role] of columns) {
    const value = record[name];
    if (value === undefined || value === null) {
      return `expected ${nouns[role]} under "${name}", got none in ${quoted(text)}`;
    }
    const problem = checkField(String(value), role, false, null);
    if (problem !== null) return `${problem} in ${quoted(text)}`;
  }
  return null;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
