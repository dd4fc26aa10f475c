/**
 * How the lines of a file of ratings are cut into fields, and what each field is.
 */
import { InputError } from "../common/errors.ts";
import type { DataFormat, LoadOptions } from "./dataset.ts";
import { firstLines, splitFields } from "./lines.ts";
import type { LocalFile } from "./source-files.ts";

/** What a column holds. */
export type ColumnRole = "user" | "item" | "rating" | "time" | "other";

/** One way of writing interactions, one a line. */
export interface TextLayout {
  readonly delimiter: string;
  readonly hasHeader: boolean;
  /** Fields may be wrapped in double quotes. */
  readonly isQuoted: boolean;
  readonly columns: readonly ColumnRole[];
  /** Times are whole seconds; otherwise any number or date. */
  readonly timeIsSeconds: boolean;
}

const movieLens = {
  isQuoted: false,
  columns: ["user", "item", "rating", "time"],
  timeIsSeconds: true,
} as const;

const layouts: Partial<Record<DataFormat, TextLayout>> = {
  "movielens-100k": { ...movieLens, delimiter: "\t", hasHeader: false },
  "movielens-dat": { ...movieLens, delimiter: "::", hasHeader: false },
  "movielens-csv": { ...movieLens, delimiter: ",", hasHeader: true },
  movietweetings: { ...movieLens, delimiter: "::", hasHeader: false },
};

/**
 * @throws InputError when a column that was named is not in the file's header.
 */
export async function findLayout(
  file: LocalFile,
  format: DataFormat,
  options: LoadOptions,
): Promise<TextLayout> {
  const layout = layouts[format];
  if (layout !== undefined) return layout;
  const [head = ""] = await firstLines(file.path, 1);
  if (format === "sequence") return sequenceLayout(head);
  return ownLayout(file, head.replace(/^\uFEFF/, ""), options);
}

function sequenceLayout(head: string): TextLayout {
  return {
    delimiter: head.includes("\t") ? "\t" : " ",
    hasHeader: false,
    isQuoted: false,
    columns: ["user", "item"],
    timeIsSeconds: true,
  };
}

/** The delimiter is the one with which the header has the columns that were named. */
function ownLayout(file: LocalFile, head: string, options: LoadOptions): TextLayout {
  const roles = namedColumns(options);
  const candidates = [",", "\t", ";", "|"].map((delimiter) => ({
    delimiter,
    names: splitFields(head, delimiter, true) ?? [],
  }));
  const found = candidates.find(({ names }) => roles.every(([name]) => names.includes(name)));
  if (found === undefined) {
    const widest = candidates.reduce((a, b) => (b.names.length > a.names.length ? b : a));
    throw new InputError(describeMissingColumn(file.shownAs, roles, widest.names));
  }
  return {
    delimiter: found.delimiter,
    hasHeader: true,
    isQuoted: true,
    columns: found.names.map((name) => roles.find(([named]) => named === name)?.[1] ?? "other"),
    timeIsSeconds: false,
  };
}

/**
 * The columns of a file of your own, with what each holds.
 * @throws InputError when the user's or item's column is not named, or one is named twice.
 */
export function namedColumns(options: LoadOptions): [name: string, role: ColumnRole][] {
  const { userColumn, itemColumn, ratingColumn, timeColumn } = options;
  if (userColumn === undefined || itemColumn === undefined) {
    throw new InputError(
      "data of your own: expected the names of the columns that hold users and items, got " +
        `--user-column ${userColumn ?? "(none)"} and --item-column ${itemColumn ?? "(none)"}; name both`,
    );
  }
  const columns: [string, ColumnRole][] = [
    [userColumn, "user"],
    [itemColumn, "item"],
  ];
  if (ratingColumn !== undefined) columns.push([ratingColumn, "rating"]);
  if (timeColumn !== undefined) columns.push([timeColumn, "time"]);
  const twice = columns.find(([name], k) => columns.findIndex(([other]) => other === name) !== k);
  if (twice) throw new InputError(`column "${twice[0]}" is named for two purposes; name each once`);
  return columns;
}

/** Says which of the columns that were named is absent, and which there are. */
export function describeMissingColumn(
  shownAs: string,
  roles: readonly [name: string, role: ColumnRole][],
  names: readonly string[],
): string {
  const missing = roles.filter(([name]) => !names.includes(name)).map(([name]) => `"${name}"`);
  const expected = `${shownAs}: line 1: expected a column ${missing.join(" and ")}`;
  if (names.every((name) => name === "")) {
    return `${expected}, the file is empty; give a whole copy of it`;
  }
  return `${expected}, the file has ${names.slice(0, 20).join(", ")}; name columns that are there`;
}
