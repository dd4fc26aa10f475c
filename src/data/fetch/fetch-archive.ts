/**
 * An official archive on the disk: downloaded, checked and only then given its name.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EnvironmentError, InputError } from "../../common/errors.ts";
import { describeWriteFailure } from "../../common/files.ts";
import { type Checksum, findArchive, MOVIELENS_URL } from "./archives.ts";
import { type DownloadOptions, downloadPart, partPath, removePart } from "./download.ts";

export interface FetchOptions extends DownloadOptions {
  /** The folder that takes `NAME.zip`; made if it is missing. */
  readonly folder: string;
  /** Where `NAME.zip` is. Default: GroupLens. */
  readonly baseUrl?: string;
  /** Takes the place of the one we know, e.g. after a new release. */
  readonly checksum?: Checksum;
}

/** An archive that is there and has the bytes it must have. */
export interface FetchedArchive {
  readonly path: string;
  readonly sizeBytes: number;
  readonly checksum: Checksum;
  /** Whether it was there before, so that nothing was downloaded. */
  readonly wasPresent: boolean;
}

/**
 * Fetches `NAME.zip`, going on from an unfinished download of the same file.
 * @throws InputError for an unknown name, or another file of that name in the folder.
 * @throws EnvironmentError when the network or the disk fails, or the bytes are the wrong ones.
 */
export async function fetchArchive(name: string, options: FetchOptions): Promise<FetchedArchive> {
  const archive = findArchive(name);
  const { folder, baseUrl = MOVIELENS_URL, checksum = archive.checksum } = options;
  const path = join(folder, `${name}.zip`);
  const wasPresent = existsSync(path);
  if (wasPresent) {
    await checkPresent(path, checksum);
  } else {
    const url = new URL(`${name}.zip`, baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`).href;
    await makeFolder(folder);
    await downloadPart(url, path, options);
    await checkDownloaded(url, path, checksum);
    await giveName(path);
  }
  return { path, sizeBytes: (await stat(path)).size, checksum, wasPresent };
}

async function hashFile(path: string, algorithm: Checksum["algorithm"]): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function checkPresent(path: string, checksum: Checksum): Promise<void> {
  const digest = await hashFile(path, checksum.algorithm);
  if (digest === checksum.digest) return;
  throw new InputError(
    `${path}: is there already, and ${describeMismatch(checksum, digest)}; move it away and fetch again`,
  );
}

async function checkDownloaded(url: string, path: string, checksum: Checksum): Promise<void> {
  const digest = await hashFile(partPath(path), checksum.algorithm);
  if (digest === checksum.digest) return;
  await removePart(path);
  const remedy = checksum.isConfirmed
    ? "the bytes were thrown away, fetch again"
    : "nobody confirmed the expected one, so this may be damage or a new release: the bytes were " +
      `thrown away, fetch again, and if you trust them add --checksum ${checksum.algorithm}:${digest}`;
  throw new EnvironmentError(`${url}: ${describeMismatch(checksum, digest)}; ${remedy}`);
}

function describeMismatch({ algorithm, digest }: Checksum, actual: string): string {
  return `expected ${algorithm} ${digest}, got ${actual}`;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new EnvironmentError(describeWriteFailure(folder, error), { cause: error });
  }
}

async function giveName(path: string): Promise<void> {
  try {
    await rename(partPath(path), path);
  } catch (error) {
    throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
  }
  await removePart(path);
}
