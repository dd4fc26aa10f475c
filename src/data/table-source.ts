/**
 * A file of one interaction a row as SQL sees it: the table function that reads it and, for each
 * of our columns, the expression that makes it.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { InputError } from "../common/errors.ts";
import type { LoadOptions } from "./dataset.ts";
import { queryRows, quoteName, quoteText } from "./duckdb.ts";
import type { RatingScale } from "./known-sets.ts";
import type { LocalFile } from "./source-files.ts";
import {
  type ColumnRole,
  describeMissingColumn,
  namedColumns,
  type TextLayout,
} from "./text-layout.ts";

/** A file whose rows are interactions. */
export interface TableSource {
  readonly file: LocalFile;
  /** The table function with its arguments. */
  readonly relation: string;
  /** SQL of the ids as text, null where the row has none. */
  readonly user: string;
  readonly item: string;
  /** SQL of a FLOAT and of a BIGINT or DOUBLE; null where the file has no such column. */
  readonly rating: string | null;
  readonly time: string | null;
  /** Ids that are whole numbers already need not be looked at as text. */
  readonly idsAreIntegers: boolean;
  /** What ratings may be; null where nobody says. */
  readonly scale: RatingScale | null;
}

const csvTypes: Readonly<Record<ColumnRole, string>> = {
  user: "VARCHAR",
  item: "VARCHAR",
  rating: "FLOAT",
  time: "BIGINT",
  other: "VARCHAR",
};

/** A text file with known columns. */
export function textSource(
  file: LocalFile,
  layout: TextLayout,
  scale: RatingScale | null,
): TableSource {
  const types = layout.timeIsSeconds ? csvTypes : { ...csvTypes, time: "VARCHAR" };
  const columns = layout.columns.map((role, k) => `c${k}: ${quoteText(types[role])}`);
  const quote = layout.isQuoted ? `quote = '"', escape = '"'` : "quote = '', escape = ''";
  const column = (role: ColumnRole): string | null => {
    const k = layout.columns.indexOf(role);
    return k < 0 ? null : `c${k}`;
  };
  const time = column("time");
  return {
    file,
    relation:
      `read_csv(${quoteText(file.path)}, auto_detect = false, header = ${layout.hasHeader}, ` +
      `delim = ${quoteText(layout.delimiter)}, ${quote}, columns = {${columns.join(", ")}})`,
    user: `nullif(${column("user")}, '')`,
    item: `nullif(${column("item")}, '')`,
    rating: column("rating"),
    time: time === null || layout.timeIsSeconds ? time : anyTime(time),
    idsAreIntegers: false,
    scale,
  };
}

/** A file of one JSON object a line. */
export function jsonSource(file: LocalFile, options: LoadOptions): TableSource {
  const columns = namedColumns(options).map(([name]) => `${quoteName(name)}: 'VARCHAR'`);
  const { userColumn, itemColumn, ratingColumn, timeColumn } = options;
  return {
    file,
    relation:
      `read_json(${quoteText(file.path)}, format = 'newline_delimited', ` +
      `columns = {${columns.join(", ")}})`,
    user: `nullif(${quoteName(userColumn ?? "")}, '')`,
    item: `nullif(${quoteName(itemColumn ?? "")}, '')`,
    rating: ratingColumn === undefined ? null : `TRY_CAST(${quoteName(ratingColumn)} AS FLOAT)`,
    time: timeColumn === undefined ? null : anyTime(quoteName(timeColumn)),
    idsAreIntegers: false,
    scale: null,
  };
}

/**
 * A Parquet file, whose columns have types of their own.
 * @throws InputError when it is no Parquet file or lacks a column that was named.
 */
export async function parquetSource(
  database: DuckDBConnection,
  file: LocalFile,
  options: LoadOptions,
): Promise<TableSource> {
  const relation = `read_parquet(${quoteText(file.path)})`;
  const types = await parquetTypes(database, file, relation);
  const roles = namedColumns(options);
  if (!roles.every(([name]) => types.has(name))) {
    throw new InputError(describeMissingColumn(file.shownAs, roles, [...types.keys()]));
  }
  const { userColumn = "", itemColumn = "", ratingColumn, timeColumn } = options;
  const idsAreIntegers = [userColumn, itemColumn].every((name) =>
    /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(types.get(name) ?? ""),
  );
  const id = (name: string): string =>
    idsAreIntegers ? quoteName(name) : `nullif(CAST(${quoteName(name)} AS VARCHAR), '')`;
  return {
    file,
    relation,
    user: id(userColumn),
    item: id(itemColumn),
    rating: ratingColumn === undefined ? null : `TRY_CAST(${quoteName(ratingColumn)} AS FLOAT)`,
    time: timeColumn === undefined ? null : parquetTime(timeColumn, types.get(timeColumn) ?? ""),
    idsAreIntegers,
    scale: null,
  };
}

async function parquetTypes(
  database: DuckDBConnection,
  file: LocalFile,
  relation: string,
): Promise<Map<string, string>> {
  try {
    const columns = await queryRows(database, `DESCRIBE FROM ${relation}`);
    return new Map(columns.map((row) => [String(row.column_name), String(row.column_type)]));
  } catch (error) {
    throw new InputError(
      `${file.shownAs}: expected a Parquet file (${(error as Error).message.split("\n")[0]}); ` +
        "write it again, or give another --format",
      { cause: error },
    );
  }
}

function parquetTime(name: string, type: string): string {
  const column = quoteName(name);
  if (/^(TIMESTAMP|DATE)/.test(type)) return `epoch(CAST(${column} AS TIMESTAMPTZ))`;
  return type === "VARCHAR" ? anyTime(column) : `TRY_CAST(${column} AS DOUBLE)`;
}

/** Seconds from text: a number as it is, or a date with or without a time and a zone. */
function anyTime(column: string): string {
  return `coalesce(TRY_CAST(${column} AS DOUBLE), epoch(TRY_CAST(${column} AS TIMESTAMPTZ)))`;
}
