import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { loadBrowserModel } from "./browser-bundle.ts";

// What a page fetches; the runtime is the one of pages, run by Node.
const folder = fileURLToPath(new URL("../../test/fixtures/bundle-v1", import.meta.url));

let server: Server;
let address: string;

/** Serves the fixture under /model, and under /damaged with one byte of the graph changed. */
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const [, place, file] = (request.url ?? "").split("/");
    const bytes = await readFile(`${folder}/${file}`).catch(() => null);
    if (place === "broken") response.writeHead(503).end();
    else if (!bytes || place === "nowhere") response.writeHead(404).end();
    else {
      if (place === "damaged" && file === "model.onnx") bytes[99] ^= 1;
      response.end(bytes);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});

test.each(["", "/"])("a bundle is loaded from its address%s", async (slash) => {
  const recorded: { items: number[]; scores: number[] }[] = JSON.parse(
    await readFile(`${folder}.scores.json`, "utf8"),
  );
  const model = await loadBrowserModel(`${address}/model${slash}`);
  const [{ items, scores: expected }] = recorded.slice(-1);
  const actual = await model.recommender.score([{ items }]);
  await model.dispose();
  expect(model.runtime.name).toBe("onnxruntime-web");
  for (const [i, score] of expected.entries()) expect(actual[i]).toBeCloseTo(score, 4);
});

test("a bundle is loaded from its bytes, and all of them are needed", async () => {
  const files = new Map<string, Uint8Array>();
  for (const file of ["model.json", "model.onnx", "catalog.json", "LICENSE"]) {
    files.set(file, await readFile(`${folder}/${file}`));
  }
  const model = await loadBrowserModel(files);
  await model.dispose();
  expect(model.catalog).toHaveLength(30);
  files.delete("LICENSE");
  await expect(loadBrowserModel(files)).rejects.toThrow("LICENSE: not among the files given");
});

test("what cannot be had is refused with its address", async () => {
  const damaged = loadBrowserModel(`${address}/damaged`);
  await expect(damaged).rejects.toThrow(`${address}/damaged/model.onnx: expected sha256`);
  const absent = loadBrowserModel(`${address}/nowhere`);
  await expect(absent).rejects.toThrow(InputError);
  await expect(absent).rejects.toThrow("/nowhere/model.json: the server answered 404");
  const broken = loadBrowserModel(`${address}/broken`);
  await expect(broken).rejects.toThrow(EnvironmentError);
  await expect(broken).rejects.toThrow("503");
  const refused = loadBrowserModel("http://127.0.0.1:1/model");
  await expect(refused).rejects.toThrow(
    "http://127.0.0.1:1/model/model.json: could not be fetched",
  );
});
