/**
 * The way to read each format that has one interaction a row, and to say what is wrong with it.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { type BadRow, findBadJson, findBadLine, findBadParquetRow } from "./bad-row.ts";
import type { LoadOptions } from "./dataset.ts";
import { scaleOfFormat } from "./known-sets.ts";
import type { Recognised } from "./recognise.ts";
import { jsonSource, parquetSource, type TableSource, textSource } from "./table-source.ts";
import { findLayout } from "./text-layout.ts";

/** A file of interactions, one a row. */
export interface Table {
  readonly source: TableSource;
  /** What its rows are called, and the number of the first. */
  readonly unit: "line" | "row";
  readonly firstNumber: number;
  /** Reads the file anew, up to the first row that is not as it should be. */
  findBad(): Promise<BadRow | null>;
}

/**
 * @throws InputError when columns that were named are absent.
 */
export async function openTable(
  database: DuckDBConnection,
  recognised: Recognised,
  options: LoadOptions,
): Promise<Table> {
  const { ratings, format, set } = recognised;
  if (format === "parquet") {
    const source = await parquetSource(database, ratings, options);
    const findBad = () => findBadParquetRow(database, source, options);
    return { source, unit: "row", firstNumber: 1, findBad };
  }
  if (format === "json") {
    const source = jsonSource(ratings, options);
    return { source, unit: "line", firstNumber: 1, findBad: () => findBadJson(source, options) };
  }
  const layout = await findLayout(ratings, format, options);
  const source = textSource(ratings, layout, set?.scale ?? scaleOfFormat(format));
  const firstNumber = layout.hasHeader ? 2 : 1;
  return { source, unit: "line", firstNumber, findBad: () => findBadLine(source, layout) };
}
