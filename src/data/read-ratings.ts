/**
 * A recognised file of ratings into arrays, as the file has them: nothing is left out yet.
 */
import { open } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { EnvironmentError, InputError, UsherError } from "../common/errors.ts";
import type { LoadOptions, PreparationRecord } from "./dataset.ts";
import { queryRows, quoteText, withDuckDb } from "./duckdb.ts";
import type { Interactions } from "./interactions.ts";
import { openTable, type Table } from "./open-table.ts";
import { countRows, findRepeatedRow, loadRawTable, sortRawTable } from "./read-table.ts";
import { readLetterboxd, readSequenceLines } from "./read-user-lines.ts";
import type { Recognised } from "./recognise.ts";
import { findEntry, type LocalFile, type SourceFiles } from "./source-files.ts";
import { TIE } from "./time-gaps.ts";
import { toSeconds } from "./to-seconds.ts";

/** The rows of a file, each user's oldest first. */
export interface RatingsRead {
  readonly interactions: Interactions;
  readonly order: PreparationRecord["order"];
}

/**
 * @param tempFolder - takes the database; removed by the caller.
 * @throws InputError when the file is not whole or not as it should be.
 * @throws EnvironmentError when the disk is full or memory is short.
 */
export async function readRatings(
  files: SourceFiles,
  recognised: Recognised,
  options: LoadOptions,
  tempFolder: string,
): Promise<RatingsRead> {
  const { ratings, format } = recognised;
  if (format === "sequence-lines") return inFileOrder(await readSequenceLines(ratings), ratings);
  if (format === "letterboxd") return inFileOrder(await readLetterboxd(ratings), ratings);
  try {
    return await withDuckDb(tempFolder, options.maxThreads, async (database) => {
      const table = await openTable(database, recognised, options);
      await loadChecked(database, table, recognised);
      if (options.strict && format !== "sequence") await refuseRepeated(database, table);
      return sortTable(database, table, files, recognised);
    });
  } catch (error) {
    throw error instanceof UsherError ? error : toOurError(error, ratings);
  }
}

function inFileOrder(interactions: Interactions, file: LocalFile): RatingsRead {
  if (interactions.items.length === 0) throw emptyError(file);
  return { interactions, order: "file order" };
}

/** Reads the rows into the table `raw`, all of them good. */
async function loadChecked(
  database: DuckDBConnection,
  table: Table,
  recognised: Recognised,
): Promise<void> {
  const { source } = table;
  const failure = await loadRawTable(database, source).then(
    () => null,
    (error: unknown) => error,
  );
  if (failure !== null && isOutOfResources(failure)) throw failure;
  const { rows, bad } = failure === null ? await countRows(database, source) : { rows: 0, bad: 1 };
  if (bad > 0) throw await describeBad(table, recognised, failure);
  if (rows === 0) throw emptyError(source.file);
  const expected = recognised.publishedRows;
  if (expected !== null && rows !== expected) {
    const reason = rows < expected ? "the file is cut short" : "this is not the published file";
    const unit = table.firstNumber > 1 ? "lines below the header" : "lines";
    throw new InputError(
      `${source.file.shownAs}: expected ${expected} ${unit}, got ${rows}; ${reason}, fetch it again`,
    );
  }
  if (expected !== null) await refuseCutEnd(source.file, rows);
}

/** The published files end with a line end; without it their last number may lack digits. */
async function refuseCutEnd(file: LocalFile, rows: number): Promise<void> {
  const handle = await open(file.path);
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    if (buffer[0] === 10) return;
  } finally {
    await handle.close();
  }
  throw new InputError(
    `${file.shownAs}: line ${rows}: expected a line end behind the last line, got none; ` +
      "the file is cut short, fetch it again",
  );
}

async function describeBad(
  table: Table,
  recognised: Recognised,
  failure: unknown,
): Promise<InputError> {
  const bad = await table.findBad();
  const { shownAs } = table.source.file;
  const options = { cause: failure ?? undefined };
  if (bad === null) {
    const reason = failure === null ? "a row lacks a value" : firstLine(failure);
    return new InputError(`${shownAs}: could not be read: ${reason}; correct the file`, options);
  }
  const isPublished = recognised.set !== null;
  const remedy = bad.isCut
    ? "the file is cut short, fetch or write it again"
    : isPublished
      ? "fetch the file again"
      : "correct or remove it";
  return new InputError(`${shownAs}: ${bad.place}: ${bad.problem}; ${remedy}`, options);
}

async function refuseRepeated(database: DuckDBConnection, table: Table): Promise<void> {
  const found = await findRepeatedRow(database);
  if (found === null) return;
  const { source, unit, firstNumber } = table;
  throw new InputError(
    `${source.file.shownAs}: ${unit} ${found.later + firstNumber}: user ${found.userId} and item ` +
      `${found.itemId} were there already, in ${unit} ${found.earlier + firstNumber}; remove one, ` +
      "or leave out --strict to keep the latest",
  );
}

async function sortTable(
  database: DuckDBConnection,
  table: Table,
  files: SourceFiles,
  recognised: Recognised,
): Promise<RatingsRead> {
  const { source } = table;
  const hasRanks = recognised.format === "movielens-dat" && (await loadRanks(database, files));
  const sorted = await sortRawTable(database, source, hasRanks ? "ranks" : null);
  const isOwn = /^(csv|json|parquet)$/.test(recognised.format);
  const timestamps = sorted.timestamps && isOwn ? toSeconds(sorted.timestamps) : sorted.timestamps;
  const byTime = source.time === null ? "file order" : "time, then file order";
  return {
    interactions: { ...sorted, timestamps },
    order: hasRanks ? "sequence_rank of ratings_order.csv" : byTime,
  };
}

/** The column that says whether a row has the same second as the one before it: 1, 0 or nothing. */
const TIES = "tied_with_previous";

/** The column that says whether a row's time is known: 1 or 0. */
const REAL = "timestamp_is_real";

/**
 * Loads `ratings_order.csv`, where it lies beside the ratings: row for row, each rating's place in
 * its user's history, and what is known of ties, for a copy of MovieLens 1M whose times are not all
 * known.
 */
async function loadRanks(database: DuckDBConnection, files: SourceFiles): Promise<boolean> {
  const entry = findEntry(files, "ratings_order.csv");
  if (entry === null) return false;
  const file = await files.open(entry);
  try {
    const order = `read_csv(${quoteText(file.path)}, header = true, delim = ',', all_varchar = true)`;
    const columns = await queryRows(database, `DESCRIBE SELECT * FROM ${order}`);
    const columnOr = (name: string, unknown: number): string | number =>
      columns.some(({ column_name }) => column_name === name)
        ? `coalesce(CAST(${name} AS UTINYINT), ${unknown})`
        : unknown;
    // An empty field is a tie that is not known.
    const tie = columnOr(TIES, TIE.unknown);
    await database.run(
      `CREATE TABLE ranks AS
       SELECT CAST(sequence_rank AS UINTEGER) AS rank, CAST(${tie} AS UTINYINT) AS tie,
         CAST(${columnOr(REAL, 0)} AS UTINYINT) AS real FROM ${order}`,
    );
  } catch (error) {
    if (isOutOfResources(error)) throw error;
    throw new InputError(`${file.shownAs}: ${firstLine(error)}; fetch the file again`, {
      cause: error,
    });
  }
  const [{ rows, ranks }] = await queryRows(
    database,
    "SELECT (SELECT count(*) FROM raw) AS rows, (SELECT count(rank) FROM ranks) AS ranks",
  );
  if (rows === ranks) return true;
  throw new InputError(
    `${file.shownAs}: expected ${rows} lines below the header, one for each rating, got ${ranks}; ` +
      "the file is cut short or of another copy, fetch it again",
  );
}

function emptyError(file: LocalFile): InputError {
  return new InputError(
    `${file.shownAs}: line 1: expected rows of interactions, the file is empty; give a whole copy of it`,
  );
}

/** DuckDB ran out of disk or memory: nothing is wrong with the data. */
function isOutOfResources(error: unknown): boolean {
  return /out of memory|no space left|could not write|disk quota|failed to offload/i.test(
    (error as Error).message,
  );
}

function toOurError(error: unknown, file: LocalFile): Error {
  if (!isOutOfResources(error)) return error as Error;
  return new EnvironmentError(
    `${file.shownAs}: reading ran out of disk or memory (${firstLine(error)}); ` +
      "free some space, or set TMPDIR to a folder that has it",
    { cause: error },
  );
}

const firstLine = (error: unknown): string => (error as Error).message.split("\n")[0];
