/**
 * Where a data set lies: a folder, one file of a folder, or the original zip archive. Its files
 * are found by name, plain or gzipped, and handed out as plain files on this disk.
 */
import { type Dirent, existsSync } from "node:fs";
import { readdir, readFile, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { InputError } from "../common/errors.ts";
import { expandGzip, expandZipEntry } from "./expand.ts";

/** A plain, whole file on this disk. */
export interface LocalFile {
  readonly path: string;
  /** The file as the caller knows it, for messages. */
  readonly shownAs: string;
}

/** The files of a data set. */
export interface SourceFiles {
  /** What the caller named. */
  readonly path: string;
  /** The folder's or archive's name without its ending: "ml-1m". */
  readonly name: string;
  /** The one file the caller named, or null for all. */
  readonly only: string | null;
  /** The folder on this disk that holds all this. */
  readonly folder: string;
  /** Names of the files, sorted. */
  readonly entries: readonly string[];
  /** Makes an entry available as a plain file. */
  open(entry: string): Promise<LocalFile>;
  /** Frees the archive. */
  close(): void;
}

/**
 * @param path - a folder, a file in one, or a zip archive.
 * @param tempFolder - takes what has to be expanded; removed by the caller.
 * @throws InputError when nothing is there or the archive cannot be read.
 */
export async function openSourceFiles(path: string, tempFolder: string): Promise<SourceFiles> {
  const kind = await stat(path).catch(() => null);
  if (kind === null) {
    throw new InputError(
      `${path}: expected a folder or file with a data set, found nothing of this name; ` +
        "check the path, or download a set with `usher data fetch`",
    );
  }
  if (kind.isDirectory()) return folderFiles(path, null, path, tempFolder);
  if (/\.zip$/i.test(path)) return zipFiles(path, tempFolder);
  return folderFiles(path, basename(path), dirname(path), tempFolder);
}

/** The entry called `name`, plain or gzipped, or null. */
export function findEntry(files: SourceFiles, name: string): string | null {
  return [name, `${name}.gz`].find((candidate) => files.entries.includes(candidate)) ?? null;
}

/** A file's name without what says how it is packed: "ratings.csv.gz" is "ratings.csv". */
export function plainName(entry: string): string {
  return entry.replace(/\.gz$/i, "");
}

async function folderFiles(
  path: string,
  only: string | null,
  folder: string,
  tempFolder: string,
): Promise<SourceFiles> {
  const found: Dirent[] = await readdir(folder, { withFileTypes: true });
  const entries = found.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  return {
    path,
    name: basename(resolve(folder)),
    only,
    folder,
    entries: entries.sort(),
    open: (entry) => openPlain(join(folder, entry), join(folder, entry), tempFolder),
    close: () => {},
  };
}

async function zipFiles(path: string, tempFolder: string): Promise<SourceFiles> {
  const zip = await openZip(path);
  const entries = await listZip(zip, path);
  return {
    path,
    name: basename(path).replace(/\.zip$/i, ""),
    only: null,
    folder: dirname(path),
    entries: [...entries.keys()].sort(),
    open: async (name) => {
      const entry = entries.get(name);
      if (entry === undefined) throw new InputError(`${path}: holds no file called ${name}`);
      const shownAs = `${path}: ${entry.fileName}`;
      const target = freeName(tempFolder, name);
      await expandZipEntry(zip, entry, target, shownAs);
      return openPlain(target, shownAs, tempFolder);
    },
    close: () => zip.close(),
  };
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { autoClose: false });
  } catch (error) {
    throw new InputError(
      `${path}: expected a zip archive (${(error as Error).message}); ` +
        "the file is cut short or something else, fetch it again",
      { cause: error },
    );
  }
}

/** The files at the top of the archive or in its one folder, by name without folder. */
async function listZip(zip: ZipFile, path: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      const parts = entry.fileName.split("/");
      if (parts.length <= 2 && parts[parts.length - 1] !== "" && parts[0] !== "__MACOSX") {
        entries.set(parts[parts.length - 1], entry);
      }
    }
  } catch (error) {
    throw new InputError(
      `${path}: the archive's list of files cannot be read (${(error as Error).message}); ` +
        "fetch it again",
      { cause: error },
    );
  }
  return entries;
}

async function openPlain(path: string, shownAs: string, tempFolder: string): Promise<LocalFile> {
  if (/\.gz$/i.test(path)) {
    const target = freeName(tempFolder, plainName(basename(path)));
    await expandGzip(path, target, shownAs);
    return { path: target, shownAs };
  }
  // DuckDB reads *, ? and [ in a path as a pattern, so it gets another name for the file.
  if (!/[*?[]/.test(path)) return { path, shownAs };
  const link = freeName(tempFolder, `input-${basename(path).replaceAll(/[*?[\]]/g, "_")}`);
  await symlink(resolve(path), link);
  return { path: link, shownAs };
}

function freeName(folder: string, name: string): string {
  let candidate = join(folder, name);
  for (let n = 1; existsSync(candidate); n++) candidate = join(folder, `${n}-${name}`);
  return candidate;
}

/** Reads a text file whole: UTF-8, or Latin-1 as the older MovieLens sets are written. */
export async function readText(file: LocalFile): Promise<string> {
  const bytes = await readFile(file.path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}
