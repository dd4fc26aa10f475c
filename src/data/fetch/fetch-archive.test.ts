/**
 * Downloads from a server of our own on localhost that misbehaves on request. The oracle is always
 * the same: the bytes that the server set out with, or no file at all.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasSmallDisk, smallDisk } from "../../../test/small-disk.ts";
import { createRandom } from "../../common/random.ts";
import { ARCHIVES, type Checksum, parseChecksum } from "./archives.ts";
import { type FetchedArchive, type FetchOptions, fetchArchive } from "./fetch-archive.ts";

const random = createRandom(1, "archive");
const CONTENT = Buffer.from(Uint8Array.from({ length: 200_000 }, () => random.nextInt(256)));

function checksumOf(bytes: Uint8Array): Checksum {
  const digest = createHash("md5").update(bytes).digest("hex");
  return { algorithm: "md5", digest, isConfirmed: true };
}

/** What the server does; each request takes the first of `cutAfter`, if any is left. */
interface Behaviour {
  content: Buffer;
  etag: string | null;
  /** How many bytes to send before the connection ends. */
  cutAfter: number[];
  knowsRanges: boolean;
  status: number;
}

let behaviour: Behaviour;
let requests: { range?: string; ifRange?: string }[];
let server: Server;
let baseUrl: string;
let folder: string;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { content, etag, cutAfter, knowsRanges, status } = behaviour;
  const { range, "if-range": ifRange } = request.headers;
  requests.push({ range, ifRange: ifRange as string | undefined });
  if (status !== 200 || request.url !== "/data/ml-1m.zip") {
    response.writeHead(status === 200 ? 404 : status).end("<html>not here</html>");
    return;
  }
  if (etag) response.setHeader("etag", etag);
  const from = range && knowsRanges && ifRange === etag ? Number(/\d+/.exec(range)?.[0]) : 0;
  if (from >= content.length) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    return;
  }
  const body = content.subarray(from);
  response.setHeader("content-length", body.length);
  if (from > 0) {
    const contentRange = `bytes ${from}-${content.length - 1}/${content.length}`;
    response.writeHead(206, { "content-range": contentRange });
  }
  const cut = cutAfter.shift();
  if (cut === undefined || cut >= body.length) response.end(body);
  else response.write(body.subarray(0, cut), () => endWhenStored(response, from + cut));
}

/** Ends the connection once the bytes are on the disk: what is still on its way then gets lost. */
function endWhenStored(response: ServerResponse, bytes: number): void {
  const part = statSync(join(folder, "ml-1m.zip.part"), { throwIfNoEntry: false });
  if ((part?.size ?? 0) >= bytes || response.destroyed) response.socket?.end();
  else setImmediate(endWhenStored, response, bytes);
}

beforeEach(async () => {
  behaviour = { content: CONTENT, etag: '"v1"', cutAfter: [], knowsRanges: true, status: 200 };
  requests = [];
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data`;
  folder = await mkdtemp(join(tmpdir(), "usher-fetch-"));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

function fetchIt(options: Partial<FetchOptions> = {}): Promise<FetchedArchive> {
  const checksum = checksumOf(CONTENT);
  return fetchArchive("ml-1m", { folder, baseUrl, checksum, retryDelayMs: 0, ...options });
}

async function expectWhole(): Promise<void> {
  expect(readdirSync(folder)).toEqual(["ml-1m.zip"]);
  expect(CONTENT.equals(await readFile(join(folder, "ml-1m.zip")))).toBe(true);
}

describe("a server that works", () => {
  test("gives the whole file, and tells how far it is", async () => {
    const reports: [number, number | null][] = [];
    const fetched = await fetchIt({ onProgress: (done, total) => reports.push([done, total]) });
    await expectWhole();
    expect(fetched).toEqual({
      path: join(folder, "ml-1m.zip"),
      sizeBytes: 200_000,
      checksum: checksumOf(CONTENT),
      wasPresent: false,
    });
    expect(reports[0]).toEqual([0, 200_000]);
    expect(reports.at(-1)).toEqual([200_000, 200_000]);
  });

  test("is not asked again for a file that is there", async () => {
    await fetchIt();
    const again = await fetchIt();
    expect(again.wasPresent).toBe(true);
    expect(requests).toHaveLength(1);
  });

  test("makes the folder", async () => {
    const deep = join(folder, "a", "b");
    await fetchIt({ folder: deep });
    expect(readdirSync(deep)).toEqual(["ml-1m.zip"]);
  });
});

describe("a server that cuts the connection", () => {
  test("is asked for the rest in the same run", async () => {
    behaviour.cutAfter = [70_000];
    await fetchIt();
    await expectWhole();
    expect(requests).toEqual([{}, { range: "bytes=70000-", ifRange: '"v1"' }]);
  });

  test("leaves the part for the next run, never a file of the final name", async () => {
    behaviour.cutAfter = [70_000];
    await expect(fetchIt({ maxRetries: 0 })).rejects.toThrow(
      /cut; 70000 bytes are kept in .*ml-1m\.zip\.part, run the same command again/,
    );
    expect(readdirSync(folder)).toEqual(["ml-1m.zip.part", "ml-1m.zip.part.json"]);
    const starts: number[] = [];
    await fetchIt({ onProgress: (done) => starts.push(done) });
    await expectWhole();
    expect(starts[0]).toBe(70_000);
    expect(requests[1]).toEqual({ range: "bytes=70000-", ifRange: '"v1"' });
  });

  test("wherever and however often it cuts, the bytes are the same", async () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(cuts, async (cutAfter) => {
        await rm(join(folder, "ml-1m.zip"), { force: true });
        behaviour.cutAfter = [...cutAfter];
        await fetchIt({ maxRetries: 9 });
        await expectWhole();
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  test("and changes the file meanwhile: the old beginning is dropped", async () => {
    behaviour = { ...behaviour, content: Buffer.alloc(90_000), etag: '"v0"', cutAfter: [40_000] };
    await expect(fetchIt({ maxRetries: 0 })).rejects.toThrow("40000 bytes are kept");
    behaviour = { ...behaviour, content: CONTENT, etag: '"v1"' };
    await fetchIt();
    await expectWhole();
    expect(requests[1]).toEqual({ range: "bytes=40000-", ifRange: '"v0"' });
  });

  test("and names no version: nothing is resumed on trust", async () => {
    behaviour.etag = null;
    behaviour.cutAfter = [50_000];
    await fetchIt();
    await expectWhole();
    expect(requests).toEqual([{}, {}]);
  });
});

test("a server that ignores ranges sends all of it again", async () => {
  behaviour.knowsRanges = false;
  behaviour.cutAfter = [70_000];
  await fetchIt();
  await expectWhole();
  expect(requests[1].range).toBe("bytes=70000-");
});

test("a whole part that was never given its name is used as it is", async () => {
  await fetchIt();
  await writeFile(join(folder, "ml-1m.zip.part"), CONTENT);
  const origin = { url: `${baseUrl}/ml-1m.zip`, validator: '"v1"' };
  await writeFile(join(folder, "ml-1m.zip.part.json"), JSON.stringify(origin));
  await rm(join(folder, "ml-1m.zip"));
  await fetchIt();
  await expectWhole();
  expect(requests).toHaveLength(2);
});

test("a part longer than the file is dropped", async () => {
  await writeFile(join(folder, "ml-1m.zip.part"), Buffer.concat([CONTENT, CONTENT]));
  const origin = { url: `${baseUrl}/ml-1m.zip`, validator: '"v1"' };
  await writeFile(join(folder, "ml-1m.zip.part.json"), JSON.stringify(origin));
  await fetchIt();
  await expectWhole();
});

test("wrong bytes are thrown away, with both checksums named", async () => {
  behaviour.content = Buffer.from(CONTENT);
  behaviour.content[100_000] ^= 1;
  const { digest } = checksumOf(behaviour.content);
  await expect(fetchIt()).rejects.toThrow(
    `expected md5 ${checksumOf(CONTENT).digest}, got ${digest}; the bytes were thrown away, fetch again`,
  );
  expect(readdirSync(folder)).toEqual([]);
});

test("where nobody confirmed the checksum, the message says so and how to accept the bytes", async () => {
  behaviour.content = CONTENT.subarray(1);
  const { digest } = checksumOf(behaviour.content);
  const checksum = { ...checksumOf(CONTENT), isConfirmed: false };
  await expect(fetchIt({ checksum })).rejects.toThrow(
    new RegExp(`nobody confirmed.*if you trust them add --checksum md5:${digest}$`),
  );
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  [404, "the server answered 404 Not Found; the file is not at this address"],
  [503, "the server answered 503 Service Unavailable; try again later"],
])("status %i is told with its address", async (status, message) => {
  behaviour.status = status;
  await expect(fetchIt()).rejects.toThrow(`${baseUrl}/ml-1m.zip: ${message}`);
  expect(readdirSync(folder)).toEqual([]);
});

test("without a server the message says that it cannot be reached", async () => {
  const nobody = createServer();
  await new Promise<void>((resolve) => nobody.listen(0, "127.0.0.1", resolve));
  const { port } = nobody.address() as AddressInfo;
  await new Promise((resolve) => nobody.close(resolve));
  await expect(fetchIt({ baseUrl: `http://127.0.0.1:${port}/` })).rejects.toThrow(
    /127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\); connect, or download it elsewhere/,
  );
});

test("without a name server the message says that there is no network", async () => {
  // The domain "invalid" is reserved never to exist (RFC 2606).
  await expect(fetchIt({ baseUrl: "http://files.invalid/" })).rejects.toThrow(
    /there is no network, or no server files\.invalid/,
  );
});

test("another file of that name stays untouched", async () => {
  await writeFile(join(folder, "ml-1m.zip"), "mine");
  await expect(fetchIt()).rejects.toThrow(/is there already, and expected md5 .* move it away/);
  expect(await readFile(join(folder, "ml-1m.zip"), "utf8")).toBe("mine");
});

test("a folder that cannot be made is named", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(fetchIt({ folder: join(folder, "file", "below") })).rejects.toThrow(
    /below: could not be written/,
  );
});

test.skipIf(!hasSmallDisk)("a disk that takes a part of the last bytes is full", async () => {
  // One page goes to the note beside the part, one to the first of the two pages of its bytes.
  behaviour.content = CONTENT.subarray(0, 6000);
  const full = smallDisk(8192);
  await expect(fetchIt({ folder: full })).rejects.toThrow(
    /ml-1m\.zip\.part: the disk is full; free some space and run it again/,
  );
  expect(readdirSync(full)).not.toContain("ml-1m.zip");
});

describe("the archives", () => {
  test("an unknown name lists the known ones", async () => {
    await expect(fetchArchive("ml-2m", { folder, baseUrl })).rejects.toThrow(
      /expected one of ml-latest-small, ml-100k, .*, got "ml-2m"/,
    );
    expect(existsSync(join(folder, "ml-2m.zip"))).toBe(false);
  });

  test("only the renewed set has an unconfirmed checksum, and every digest is well formed", () => {
    const unconfirmed = ARCHIVES.filter((archive) => !archive.checksum.isConfirmed);
    expect(unconfirmed.map((archive) => archive.name)).toEqual(["ml-latest-small"]);
    for (const { checksum } of ARCHIVES) {
      const { algorithm, digest } = checksum;
      expect(parseChecksum(`${algorithm}:${digest}`)).toEqual({ ...checksum, isConfirmed: true });
    }
  });

  test.each([
    "",
    "md5",
    "md5:12",
    "sha1:0e33842e24a9c977be4e0107933c0723",
    `sha256:${"0".repeat(32)}`,
  ])("%j is no checksum", (text) => {
    expect(() => parseChecksum(text)).toThrow(/--checksum: expected/);
  });
});
