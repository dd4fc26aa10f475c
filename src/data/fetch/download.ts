/**
 * One file over HTTP, continued where an earlier attempt stopped.
 *
 * Bytes go to `PATH.part`; beside it, `PATH.part.json` keeps the address and the validator (a
 * strong ETag, or the date of the last change) that the server gave with the first byte. To
 * continue, the rest is asked for with `Range` and `If-Range` (RFC 9110, 13.1.5 and 14.2): a
 * server whose file has changed since, or that knows no ranges, answers with the whole file, and
 * we start anew. Who calls checks the bytes and gives the file its final name.
 */
import { type FileHandle, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvironmentError } from "../../common/errors.ts";
import { describeWriteFailure } from "../../common/files.ts";

/** Tells how much of the file is there; `totalBytes` is null where the server does not say. */
export type ReportBytes = (doneBytes: number, totalBytes: number | null) => void;

export interface DownloadOptions {
  readonly onProgress?: ReportBytes;
  /** How often a cut connection is taken up again without a byte gained. Default 4. */
  readonly maxRetries?: number;
  /** The wait before the first retry; each further one waits twice as long. Default 1000. */
  readonly retryDelayMs?: number;
}

/** What identifies the file that a part is the beginning of. */
interface PartOrigin {
  readonly url: string;
  /** Goes into `If-Range`. */
  readonly validator: string;
}

/** A connection that broke; the bytes before are kept. */
class ConnectionLost extends Error {}

/** The name under which the bytes of `path` gather. */
export function partPath(path: string): string {
  return `${path}.part`;
}

/** Takes away what an unfinished download of `path` left. */
export async function removePart(path: string): Promise<void> {
  await rm(partPath(path), { force: true });
  await rm(originPath(path), { force: true });
}

/**
 * Downloads `url` into `partPath(path)`, whole, flushed to the disk.
 * @throws EnvironmentError when the network, the server or the disk fails. The bytes that came
 *   stay for the next call, unless they belong to another file.
 */
export async function downloadPart(
  url: string,
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const { maxRetries = 4, retryDelayMs = 1000, onProgress = () => {} } = options;
  let failures = 0;
  let bytesBefore = await sizeOf(partPath(path));
  for (;;) {
    try {
      return await attempt(url, path, onProgress);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      const bytesNow = await sizeOf(partPath(path));
      failures = bytesNow > bytesBefore ? 1 : failures + 1;
      bytesBefore = bytesNow;
      if (failures > maxRetries) throw lostForGood(url, path, bytesNow, error);
      await sleep(retryDelayMs * 2 ** (failures - 1));
    }
  }
}

/** One request and its answer, written to the end. */
async function attempt(url: string, path: string, onProgress: ReportBytes): Promise<void> {
  const have = await resumableBytes(url, path);
  const response = await request(url, have?.bytes ?? 0, have?.validator);
  if (response.status === 416) {
    await response.body?.cancel();
    // Nothing is left to send: the part is whole, or it is not a part of this file.
    if (have && totalOf(response) === have.bytes) return;
    await removePart(path);
    return attempt(url, path, onProgress);
  }
  const start = startOf(response, have?.bytes ?? 0);
  if (start === null || !response.body) {
    await response.body?.cancel();
    throw new EnvironmentError(describeStatus(url, response));
  }
  if (start === 0) await beginPart(url, path, response);
  const length = lengthOf(response);
  const total = length === null ? null : start + length;
  await writeBody(path, start, total, response.body, onProgress);
}

/** How many bytes are there to go on from, or null when the file must begin anew. */
async function resumableBytes(
  url: string,
  path: string,
): Promise<{ bytes: number; validator: string } | null> {
  const bytes = await sizeOf(partPath(path));
  const origin = await readOrigin(path);
  if (bytes === 0 || origin?.url !== url) return null;
  return { bytes, validator: origin.validator };
}

async function request(url: string, from: number, validator?: string): Promise<Response> {
  // A compressed answer would have other byte positions than the file.
  const headers: Record<string, string> = { "accept-encoding": "identity" };
  if (from > 0 && validator) {
    headers.range = `bytes=${from}-`;
    headers["if-range"] = validator;
  }
  try {
    return await fetch(url, { headers });
  } catch (error) {
    throw networkError(url, error);
  }
}

/** The position of the answer's first byte, or null where the answer is not the file. */
function startOf(response: Response, asked: number): number | null {
  if (response.status === 200) return 0;
  if (response.status !== 206) return null;
  const match = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  return match && Number(match[1]) === asked ? asked : null;
}

function totalOf(response: Response): number | null {
  const match = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "");
  return match ? Number(match[1]) : null;
}

function lengthOf(response: Response): number | null {
  const length = response.headers.get("content-length");
  return length === null ? null : Number(length);
}

/** Empties the part and notes what it will be a part of. */
async function beginPart(url: string, path: string, response: Response): Promise<void> {
  const etag = response.headers.get("etag");
  const strongEtag = etag?.startsWith('"') ? etag : null;
  const validator = strongEtag ?? response.headers.get("last-modified");
  try {
    await removePart(path);
    if (!validator) return;
    const origin: PartOrigin = { url, validator };
    await writeFile(originPath(path), `${JSON.stringify(origin)}\n`);
  } catch (error) {
    await response.body?.cancel();
    throw new EnvironmentError(describeWriteFailure(originPath(path), error), { cause: error });
  }
}

async function writeBody(
  path: string,
  start: number,
  total: number | null,
  body: ReadableStream<Uint8Array>,
  onProgress: ReportBytes,
): Promise<void> {
  const part = partPath(path);
  let file: FileHandle | undefined;
  let done = start;
  const reader = body.getReader();
  try {
    file = await open(part, start === 0 ? "w" : "r+");
    onProgress(done, total);
    for (;;) {
      const chunk = await nextChunk(reader);
      if (!chunk) break;
      await writeAll(file, chunk, done);
      done += chunk.byteLength;
      onProgress(done, total);
    }
    await file.sync();
  } catch (error) {
    if (error instanceof ConnectionLost) throw error;
    await reader.cancel();
    throw new EnvironmentError(describeWriteFailure(part, error), { cause: error });
  } finally {
    await file?.close();
  }
  if (total !== null && done !== total) {
    throw new ConnectionLost(`the answer ended after ${done} of ${total} bytes`);
  }
}

/** A disk that is nearly full takes some of the bytes and says how many. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const rest = bytes.length - written;
    const { bytesWritten } = await file.write(bytes, written, rest, position + written);
    written += bytesWritten;
  }
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<Uint8Array | null> {
  try {
    const { value, done } = await reader.read();
    return done ? null : value;
  } catch (error) {
    throw new ConnectionLost("the connection was cut", { cause: error });
  }
}

function originPath(path: string): string {
  return `${partPath(path)}.json`;
}

/** What the part belongs to; null where that is unknown, so that nothing is taken for granted. */
async function readOrigin(path: string): Promise<PartOrigin | null> {
  try {
    const origin = JSON.parse(await readFile(originPath(path), "utf8")) as Partial<PartOrigin>;
    const { url, validator } = origin;
    return typeof url === "string" && typeof validator === "string" ? { url, validator } : null;
  } catch {
    return null;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

/** A refused connection or an unknown host; a reset one can be tried again. */
function networkError(url: string, error: unknown): Error {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET" || code === "EPIPE") {
    return new ConnectionLost("the connection was cut", { cause: error });
  }
  const { host } = new URL(url);
  return new EnvironmentError(`${url}: ${explain(code, host)}`, { cause: error });
}

function explain(code: string | undefined, host: string): string {
  const instead = "connect, or download it elsewhere and copy it into the --out folder";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `there is no network, or no server ${host} (${code}); ${instead}`;
  }
  if (code === "CERT_HAS_EXPIRED") {
    return `the certificate of ${host} has expired; try again when its owner has renewed it`;
  }
  return `${host} cannot be reached (${code ?? "no answer"}); ${instead}`;
}

function describeStatus(url: string, response: Response): string {
  const status = `${response.status} ${response.statusText}`.trim();
  if (response.status === 206) return `${url}: the server answered with a part not asked for`;
  const remedy = response.status < 500 ? "the file is not at this address" : "try again later";
  return `${url}: the server answered ${status}; ${remedy}`;
}

function lostForGood(url: string, path: string, bytes: number, error: Error): EnvironmentError {
  const message =
    `${url}: ${error.message}; ${bytes} bytes are kept in ${partPath(path)}, ` +
    "run the same command again to go on from there";
  return new EnvironmentError(message, { cause: error });
}
