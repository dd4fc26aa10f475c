/**
 * Compressed files to plain ones, checked on the way: DuckDB would take a gzip file that ends
 * early for a shorter one, and reads plain text on several threads.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createGunzip } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { describeWriteFailure } from "../common/files.ts";
import { lastLine } from "./lines.ts";

/**
 * Writes the content of the gzip file `from` to `to`.
 * @param shownAs - the file's name in messages.
 * @throws InputError that names the last line read before the content ends early or is damaged.
 */
export async function expandGzip(from: string, to: string, shownAs: string): Promise<void> {
  try {
    await pipeline(createReadStream(from), createGunzip(), createWriteStream(to));
  } catch (error) {
    throw await describeDamage(error, to, shownAs);
  }
}

/**
 * Writes the content of one entry of a zip archive to `to`.
 * @throws InputError when the entry is damaged or cut short.
 */
export async function expandZipEntry(
  zip: ZipFile,
  entry: Entry,
  to: string,
  shownAs: string,
): Promise<void> {
  const checksum = checksumOf();
  try {
    const content: Readable = await zip.openReadStreamPromise(entry);
    await pipeline(content, checksum.stream, createWriteStream(to));
  } catch (error) {
    throw await describeDamage(error, to, shownAs);
  }
  if (checksum.value() !== entry.crc32) {
    throw new InputError(
      `${shownAs}: expected CRC-32 ${hex(entry.crc32)}, got ${hex(checksum.value())}; ` +
        "the archive is damaged, fetch it again",
    );
  }
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");

/** The CRC-32 of what flows through: yauzl checks sizes but not contents. */
function checksumOf(): { stream: Transform; value: () => number } {
  let crc = 0;
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
  });
  return { stream, value: () => crc };
}

/** Damaged content is the file's fault; a full disk or a refused write is not. */
async function describeDamage(error: unknown, partPath: string, shownAs: string): Promise<Error> {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (/^(ENOSPC|EACCES|EPERM|EROFS|EDQUOT|EMFILE|EIO)$/.test(code)) {
    return new EnvironmentError(describeWriteFailure(partPath, error), { cause: error });
  }
  const { number, text } = await lastLine(partPath);
  const reason = code === "Z_BUF_ERROR" ? "ends early" : "is damaged";
  const place = number === 0 ? "in line 1" : `after line ${number}, ${JSON.stringify(text)}`;
  return new InputError(
    `${shownAs}: the compressed data ${reason} ${place}; ` +
      "the file is cut short or corrupt, fetch it again",
    { cause: error },
  );
}
