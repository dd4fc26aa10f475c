/** The command against a server of our own; what a download does is tested in data/fetch. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { InputError } from "../common/errors.ts";
import { describeFetched, registerDataFetch } from "./data-fetch.ts";

const CONTENT = "the bytes of an archive";
const MD5 = createHash("md5").update(CONTENT).digest("hex");

let server: Server;
let mirror: string;
let folder: string;

beforeEach(async () => {
  server = createServer((request, response) => {
    response.writeHead(request.url === "/ml-1m.zip" ? 200 : 404).end(CONTENT);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), "usher-fetch-"));
});

afterEach(async () => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function run(...args: string[]): Promise<string> {
  const written: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  const data = new Command("data").exitOverride();
  registerDataFetch(data);
  await data.parseAsync(["fetch", ...args, "--out", folder, "--mirror", mirror], { from: "user" });
  return written.join("");
}

test("writes the archive and tells its checksum", async () => {
  const output = await run("ml-1m", "--checksum", `md5:${MD5}`);
  expect(await readFile(join(folder, "ml-1m.zip"), "utf8")).toBe(CONTENT);
  expect(output).toContain(`${join(folder, "ml-1m.zip")}: 0.0 MB\nmd5 ${MD5}, as expected\n`);
});

test("refuses bytes that are not the official ones", async () => {
  await expect(run("ml-1m")).rejects.toThrow(/expected md5 c4d9eecfca2ab87c1945afe126590906, got/);
});

test("refuses a name and a checksum that mean nothing", async () => {
  await expect(run("imdb")).rejects.toThrow(InputError);
  await expect(run("ml-1m", "--checksum", "abc")).rejects.toThrow(InputError);
});

test("marks a checksum that nobody confirmed", () => {
  const checksum = { algorithm: "md5", digest: MD5, isConfirmed: false } as const;
  const text = describeFetched({ path: "x.zip", sizeBytes: 23, checksum, wasPresent: true });
  expect(text).toContain("x.zip: 0.0 MB, was there already\n");
  expect(text).toContain("nobody confirmed it with the publisher");
});
