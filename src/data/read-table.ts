/**
 * Rows of users, items, ratings and times into the arrays of `Interactions`. DuckDB reads, numbers,
 * groups and sorts; JavaScript copies the sorted columns into typed arrays, a piece at a time.
 *
 * The ids are looked at as text, but where every id of a column is a whole number written in the
 * usual way (no leading zeros, no sign, no "1e3") the table holds numbers: half the memory.
 */
import type { DuckDBConnection, DuckDBVector } from "@duckdb/node-api";
import { InternalError } from "../common/errors.ts";
import { queryRows, quoteText } from "./duckdb.ts";
import type { Interactions } from "./interactions.ts";
import type { RatingScale } from "./known-sets.ts";
import type { TableSource } from "./table-source.ts";
import { gapsFromKnowledge, type TimeKnowledge } from "./time-gaps.ts";

/** What DuckDB says when an id is not a usual whole number. */
const notInteger = "usher: an id is not a whole number";

/**
 * Reads the file into the table `raw` (user_id, item_id, rating, time), whose rowid is the row's
 * place in the file.
 * @throws whatever DuckDB throws when the file cannot be read.
 */
export async function loadRawTable(database: DuckDBConnection, source: TableSource): Promise<void> {
  if (source.idsAreIntegers) return createRawTable(database, source, (id) => id);
  try {
    await createRawTable(database, source, integerOrError);
  } catch (error) {
    if (!(error as Error).message.includes(notInteger)) throw error;
    // Choosing how to compress long text takes DuckDB longer than everything else together.
    await database.run("SET force_compression = 'uncompressed'");
    await createRawTable(database, source, (id) => id);
    await database.run("SET force_compression = 'auto'");
  }
}

async function createRawTable(
  database: DuckDBConnection,
  source: TableSource,
  toId: (id: string) => string,
): Promise<void> {
  const columns = [`${toId(source.user)} AS user_id`, `${toId(source.item)} AS item_id`];
  if (source.rating !== null) columns.push(`${source.rating} AS rating`);
  if (source.time !== null) columns.push(`${source.time} AS time`);
  await database.run(`CREATE TABLE raw AS SELECT ${columns.join(", ")} FROM ${source.relation}`);
}

/** The number, plus 0 or an error: as a sum, DuckDB parses the text once and not twice. */
function integerOrError(id: string): string {
  const integer = `TRY_CAST(${id} AS BIGINT)`;
  const isUsual = `CAST(${integer} AS VARCHAR) = ${id}`;
  return `${integer} + CASE WHEN ${isUsual} THEN 0 ELSE error(${quoteText(notInteger)}) END`;
}

/** How many rows `raw` has, and how many of them lack something or have what cannot be. */
export async function countRows(
  database: DuckDBConnection,
  source: TableSource,
): Promise<{ rows: number; bad: number }> {
  const bad = ["user_id IS NULL", "item_id IS NULL"];
  if (source.rating !== null) bad.push("rating IS NULL", `NOT (${inScale(source.scale)})`);
  if (source.time !== null) bad.push("time IS NULL", "NOT isfinite(CAST(time AS DOUBLE))");
  const [counts] = await queryRows(
    database,
    `SELECT count(*) AS rows, count(*) FILTER (WHERE ${bad.join(" OR ")}) AS bad FROM raw`,
  );
  return { rows: Number(counts.rows), bad: Number(counts.bad) };
}

function inScale(scale: RatingScale | null): string {
  if (scale === null) return "isfinite(rating)";
  const { min, max, step } = scale;
  const steps = `(rating - ${min}) / ${step}`;
  return `rating BETWEEN ${min} AND ${max} AND ${steps} = floor(${steps})`;
}

/** The first row that repeats the user and item of an earlier one, with the earlier row's place. */
export interface RepeatedRow {
  readonly userId: string;
  readonly itemId: string;
  /** Places in the file, from 0. */
  readonly earlier: number;
  readonly later: number;
}

/** Finds a user and item that have several rows, or null. */
export async function findRepeatedRow(database: DuckDBConnection): Promise<RepeatedRow | null> {
  const [found] = await queryRows(
    database,
    `SELECT CAST(user_id AS VARCHAR) AS user, CAST(item_id AS VARCHAR) AS item,
       min(rowid) AS earlier, max(rowid) AS later
     FROM raw GROUP BY user_id, item_id HAVING count(*) > 1 ORDER BY later, earlier LIMIT 1`,
  );
  if (found === undefined) return null;
  return {
    userId: String(found.user),
    itemId: String(found.item),
    earlier: Number(found.earlier),
    later: Number(found.later),
  };
}

/**
 * Sorts `raw` into arrays. Users and items are numbered by their first row in the file. A user's
 * rows are ordered by time, where there is one, then by their place in the file; DuckDB's sort is
 * not promised to be stable, so the place is part of what it sorts by.
 * @param rankTable - a table with the columns `rank`, which orders a user's rows instead of the
 *   time, `tie`, one of `TIE`, and `real`, 1 where its time is known, row for row with the file;
 *   null for none.
 */
export async function sortRawTable(
  database: DuckDBConnection,
  source: TableSource,
  rankTable: string | null,
): Promise<Interactions> {
  const users = await numberIds(database, "user_id", "users");
  const items = await numberIds(database, "item_id", "items");
  const columns = ["items.index"];
  if (source.rating !== null) columns.push("rating");
  if (source.time !== null) columns.push(`CAST(time AS DOUBLE)`);
  if (rankTable !== null) columns.push("ranks.tie", "ranks.real");
  const byRank = rankTable === null ? "" : `JOIN ${rankTable} AS ranks ON ranks.rowid = raw.rowid`;
  const order = rankTable !== null ? ["ranks.rank"] : source.time !== null ? ["time"] : [];
  const sql = `SELECT ${columns.join(", ")} FROM raw
    JOIN users ON users.id = raw.user_id JOIN items ON items.id = raw.item_id ${byRank}
    ORDER BY ${["users.index", ...order, "raw.rowid"].join(", ")}`;
  const numRows = users.offsets[users.ids.length];
  const { known, ...arrays } = await readColumns(
    database,
    sql,
    numRows,
    source,
    rankTable !== null,
  );
  const { offsets } = users;
  const gaps = known && gapsFromKnowledge(offsets, arrays.timestamps, known);
  return { userIds: users.ids, itemIds: items.ids, offsets, ...arrays, gaps };
}

/** Numbers the distinct ids of a column by their first row, and counts the rows of each. */
async function numberIds(
  database: DuckDBConnection,
  column: string,
  table: string,
): Promise<{ ids: string[]; offsets: Uint32Array }> {
  await database.run(
    `CREATE TABLE ${table} AS
     SELECT id, CAST(row_number() OVER (ORDER BY first_row) - 1 AS UINTEGER) AS index, rows
     FROM (SELECT ${column} AS id, min(rowid) AS first_row, count(*) AS rows FROM raw GROUP BY id)`,
  );
  const result = await database.stream(
    `SELECT CAST(id AS VARCHAR), CAST(rows AS UINTEGER) FROM ${table} ORDER BY index`,
  );
  const ids: string[] = [];
  const ends: number[] = [0];
  for await (const chunk of result) {
    const names = chunk.getColumnVector(0);
    const counts = chunk.getColumnVector(1);
    for (let k = 0; k < chunk.rowCount; k++) {
      ids.push(String(names.getItem(k)));
      ends.push(ends[ends.length - 1] + Number(counts.getItem(k)));
    }
  }
  return { ids, offsets: Uint32Array.from(ends) };
}

async function readColumns(
  database: DuckDBConnection,
  sql: string,
  numRows: number,
  source: TableSource,
  hasKnowledge: boolean,
): Promise<
  Pick<Interactions, "items" | "ratings" | "timestamps"> & {
    readonly known: TimeKnowledge | undefined;
  }
> {
  const items = new Uint32Array(numRows);
  const ratings = source.rating === null ? null : new Float32Array(numRows);
  const timestamps = source.time === null ? null : new Float64Array(numRows);
  const known = hasKnowledge
    ? { ties: new Uint8Array(numRows), isReal: new Uint8Array(numRows) }
    : undefined;
  const columns = [items, ratings, timestamps, known?.ties, known?.isReal];
  const targets = columns.filter((array) => array != null);
  const result = await database.stream(sql);
  let row = 0;
  for (let chunk = await result.fetchChunk(); chunk; chunk = await result.fetchChunk()) {
    if (chunk.rowCount === 0) break;
    for (const [k, target] of targets.entries()) {
      copyColumn(chunk.getColumnVector(k), chunk.rowCount, target, row);
    }
    row += chunk.rowCount;
  }
  if (row !== numRows) throw new InternalError(`${row} rows were sorted, expected ${numRows}`);
  return { items, ratings, timestamps, known };
}

/** Copies `count` numbers, none of them null. */
function copyColumn(
  from: DuckDBVector,
  count: number,
  to: Uint8Array | Uint32Array | Float32Array | Float64Array,
  at: number,
): void {
  for (let k = 0; k < count; k++) to[at + k] = from.getItem(k) as number;
}
