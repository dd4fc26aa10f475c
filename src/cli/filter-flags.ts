/**
 * The flags that say which films may be listed, and in which order, shared by the commands that list
 * films.
 */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { InputError } from "../common/errors.ts";
import type { FilterOptions } from "../models/film-filter.ts";
import type { RerankOptions } from "../models/rerank.ts";
import { collect, share, wholeNumber } from "./flags.ts";

export interface FilterFlags {
  readonly genre?: readonly string[];
  readonly excludeGenre?: readonly string[];
  readonly fromYear?: number;
  readonly toYear?: number;
  readonly allow?: string;
  readonly deny?: string;
}

export function addFilterFlags(command: Command): Command {
  return command
    .option("--genre <genre>", "only films of this genre; repeat it for one of several", collect)
    .option("--exclude-genre <genre>", "none of this genre; may be repeated", collect)
    .option("--from-year <year>", "none before this year", wholeNumber(0))
    .option("--to-year <year>", "none after this year", wholeNumber(0))
    .option("--allow <file>", "only the films of this file, one id of the model a line")
    .option("--deny <file>", "none of the films of this file");
}

/** @throws InputError when a file cannot be read. */
export function toFilterOptions(flags: FilterFlags): FilterOptions {
  const { genre, excludeGenre, fromYear, toYear, allow, deny } = flags;
  return {
    genres: genre,
    excludeGenres: excludeGenre,
    fromYear,
    toYear,
    ...(allow !== undefined && { allow: readIds("--allow", allow) }),
    ...(deny !== undefined && { deny: readIds("--deny", deny) }),
  };
}

function readIds(flag: string, path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new InputError(`${flag} ${path}: cannot be read (${(error as Error).message})`, {
      cause: error,
    });
  }
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

export interface RerankFlags {
  readonly tempering?: number;
  readonly diversity?: number;
}

export function addRerankFlags(command: Command): Command {
  return command
    .option("--diversity <share>", "from 0 to 1: films unlike each other (default: 0)", share)
    .option("--tempering <share>", "from 0 to 1: less of what everyone likes (default: 0)", share);
}

export function toRerankOptions({ tempering, diversity }: RerankFlags): RerankOptions {
  return { tempering, diversity };
}
