/**
 * A data set from a folder, an archive or a file of your own to the arrays that training reads.
 */
import { InputError } from "../common/errors.ts";
import { applyMinimums, type Minimums } from "./apply-minimums.ts";
import type { DataFormat, Dataset, LoadOptions, PreparationRecord } from "./dataset.ts";
import { dropDuplicates } from "./drop-duplicates.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { readFilmsOf, readRenumberedFilms } from "./read-films.ts";
import { readRatings } from "./read-ratings.ts";
import { type Recognised, recognise } from "./recognise.ts";
import { openSourceFiles, type SourceFiles } from "./source-files.ts";
import { withTempFolder } from "./temp-folder.ts";

/**
 * Reads and prepares a data set. Published sets are recognised from the folder itself; for your
 * own data name a CSV, Parquet or JSON lines file and its columns. See `docs/data.md`.
 * @param path - a folder, a file in one, or the original zip archive.
 * @throws InputError when nothing is there, or a row is not as it should be: says file, line, the
 *   value seen and the way out.
 * @throws EnvironmentError when disk or memory run out.
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<Dataset> {
  const minimums = checkMinimums(options);
  return withTempFolder(async (temp) => {
    const files = await openSourceFiles(path, temp);
    try {
      const recognised = await recognise(files, options);
      return await prepare(files, recognised, options, minimums, temp);
    } finally {
      files.close();
    }
  });
}

async function prepare(
  files: SourceFiles,
  recognised: Recognised,
  options: LoadOptions,
  minimums: Minimums,
  temp: string,
): Promise<Dataset> {
  const read = await readRatings(files, recognised, options, temp);
  const rowsRead = read.interactions.items.length;
  const mayRepeat = isSequence(recognised.format);
  const { interactions: distinct, ...dropped } = mayRepeat
    ? { interactions: read.interactions, identicalDropped: 0, conflictsResolved: 0 }
    : dropDuplicates(read.interactions);
  const { interactions, ...filtered } = applyMinimums(distinct, minimums);
  return {
    name: recognised.name,
    interactions,
    films: await findFilms(files, recognised),
    fingerprint: fingerprintOf(interactions),
    preparation: recordOf(recognised.format, read.order, options, minimums),
    counts: { rowsRead, ...dropped, ...filtered },
  };
}

const isSequence = (format: DataFormat): boolean =>
  format === "sequence" || format === "sequence-lines";

const isOwn = (format: DataFormat): boolean =>
  format === "csv" || format === "json" || format === "parquet";

async function findFilms(files: SourceFiles, { format }: Recognised): Promise<Dataset["films"]> {
  if (isOwn(format)) return new Map();
  const films = isSequence(format) ? readRenumberedFilms(files) : readFilmsOf(files);
  return (await films) ?? new Map();
}

function recordOf(
  format: DataFormat,
  order: PreparationRecord["order"],
  options: LoadOptions,
  minimums: Minimums,
): PreparationRecord {
  const { userColumn, itemColumn, ratingColumn, timeColumn } = options;
  const columns = {
    user: userColumn ?? null,
    item: itemColumn ?? null,
    rating: ratingColumn ?? null,
    time: timeColumn ?? null,
  };
  const resolved = options.strict ? "refused" : "identical dropped, latest of conflicting kept";
  return {
    format,
    order,
    duplicates: isSequence(format) ? "kept" : resolved,
    ...minimums,
    columns: isOwn(format) ? columns : null,
  };
}

function checkMinimums(options: LoadOptions): Minimums {
  const { minRating = null, mostWatchedItems = null } = options;
  const { minUserInteractions = 1, minItemInteractions = 1 } = options;
  if (minRating !== null && !Number.isFinite(minRating)) {
    throw new InputError(`minRating: expected a number, got ${minRating}`);
  }
  const counts = { mostWatchedItems, minUserInteractions, minItemInteractions };
  for (const [name, value] of Object.entries(counts)) {
    if (value === null) continue;
    if (!Number.isInteger(value) || value < 1) {
      throw new InputError(`${name}: expected a whole number of at least 1, got ${value}`);
    }
  }
  return { minRating, ...counts };
}
