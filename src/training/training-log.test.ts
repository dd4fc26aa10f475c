import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { hasSmallDisk, smallDisk } from "../../test/small-disk.ts";
import { EnvironmentError, InputError } from "../common/errors.ts";
import {
  type LogLine,
  openTrainingLog,
  readTrainingLog,
  TIME_KEYS,
  type TrainingLog,
} from "./training-log.ts";

function line(epoch: number): LogLine {
  return {
    epoch,
    step: 10 * epoch,
    loss: 0.1 + 0.2,
    learningRate: 0.002,
    numTokens: 1000,
    validation: epoch === 2 ? { "ndcg@10": 0.25 } : null,
    best: epoch === 2 ? { epoch: 2, value: 0.25 } : null,
    tokensPerSecond: 500,
    seconds: 2 * epoch,
  };
}

function open(path: string): TrainingLog {
  const log = openTrainingLog(path);
  onTestFinished(() => log.close());
  return log;
}

describe("a training log", () => {
  it("keeps one line of JSON for each epoch, with the memory taken so far", async () => {
    const path = join(await dataFolder({}), "training.jsonl");
    const log = open(path);
    log.append(line(1));
    log.append(line(2));
    const written = readTrainingLog(path);
    expect(written).toEqual(
      [1, 2].map((epoch) => ({ ...line(epoch), peakMemoryBytes: expect.any(Number) })),
    );
    // This process runs V8 and ONNX Runtime, and the machine has less than a terabyte.
    for (const { peakMemoryBytes } of written) {
      expect(peakMemoryBytes).toBeGreaterThan(2 ** 24);
      expect(peakMemoryBytes).toBeLessThan(2 ** 40);
    }
    expect((await readFile(path, "utf8")).split("\n").length).toBe(3);
  });

  it("names the keys that two runs of one training do not share", () => {
    expect(TIME_KEYS).toEqual(["tokensPerSecond", "seconds", "peakMemoryBytes"]);
  });

  it("drops what came after a checkpoint and writes it again", async () => {
    const path = join(await dataFolder({}), "training.jsonl");
    const log = open(path);
    expect(log.numBytes()).toBe(0);
    log.append(line(1));
    const numBytes = log.numBytes();
    log.append(line(2));
    await appendFile(path, '{"epoch":3,"st');
    log.truncate(numBytes);
    expect(log.numBytes()).toBe(numBytes);
    log.append(line(2));
    expect(readTrainingLog(path).map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  it("is refused when it is shorter than the checkpoint says", async () => {
    const path = join(await dataFolder({ "training.jsonl": "{}\n" }), "training.jsonl");
    const log = open(path);
    expect(() => log.truncate(4)).toThrow(InputError);
    expect(() => log.truncate(4)).toThrow(`${path}: expected at least 4 bytes, got 3`);
    expect(await readFile(path, "utf8")).toBe("{}\n");
  });

  it("says which line cannot be read", async () => {
    const path = join(await dataFolder({ log: '{"epoch":1}\n{"epoch":' }), "log");
    expect(() => readTrainingLog(path)).toThrow(InputError);
    expect(() => readTrainingLog(path)).toThrow('log: line 2: not JSON: {"epoch":');
  });

  it("says where it could not be opened", async () => {
    const path = join(await dataFolder({}), "missing", "training.jsonl");
    expect(() => openTrainingLog(path)).toThrow(EnvironmentError);
    expect(() => openTrainingLog(path)).toThrow(`${path}: could not be written (ENOENT`);
  });

  it.skipIf(!hasSmallDisk)("says that the disk is full", async () => {
    const folder = smallDisk(65_536);
    await writeFile(join(folder, "filler"), new Uint8Array(61_440));
    const log = open(join(folder, "training.jsonl"));
    const fill = (): void => {
      for (let epoch = 1; epoch < 100; epoch++) log.append(line(epoch));
    };
    expect(fill).toThrow(EnvironmentError);
    expect(fill).toThrow("training.jsonl: the disk is full; free some space");
  });
});
