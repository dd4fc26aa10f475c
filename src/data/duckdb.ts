/**
 * A DuckDB database for the time of one reading: on disk, where its columns are compressed, with
 * little memory of its own, spilling what does not fit.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/**
 * What DuckDB may hold in memory, so that with Node and the arrays the whole process stays below the
 * bar of `npm run bench -- prepare`. More does not make reading faster.
 */
const memoryLimit = "700MB";

/** Each thread needs buffers of its own, which the limit above must cover. */
const maxUsefulThreads = 4;

/**
 * Runs `work` on a new, empty database in `folder`.
 * @param maxThreads - at most this many threads.
 */
export async function withDuckDb<T>(
  folder: string,
  maxThreads: number | undefined,
  work: (database: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const threads = Math.min(maxThreads ?? availableParallelism(), maxUsefulThreads);
  const instance = await DuckDBInstance.create(join(folder, "rows.duckdb"), {
    memory_limit: memoryLimit,
    temp_directory: join(folder, "spill"),
    threads: String(Math.max(1, threads)),
    // Rows keep the order of the file, so that rowid is the row's place in it.
    preserve_insertion_order: "true",
    // Nothing is fetched from the network: all that is needed is linked in.
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const database = await instance.connect();
  try {
    await database.run("SET TimeZone = 'UTC'");
    // The database is thrown away, so it need not be put in order when it is closed.
    await database.run("PRAGMA disable_checkpoint_on_shutdown");
    // Lets the sort run on while JavaScript copies.
    await database.run("SET streaming_buffer_size = '16MB'");
    return await work(database);
  } finally {
    database.closeSync();
    instance.closeSync();
  }
}

/** The rows of a short result, as objects. */
export async function queryRows(
  database: DuckDBConnection,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const reader = await database.runAndReadAll(sql);
  return reader.getRowObjectsJS();
}

/** `text` as an SQL string. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `name` as an SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
