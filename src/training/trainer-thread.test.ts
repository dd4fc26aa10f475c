import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { toyModel, toyOptions, toyStep } from "../../test/toy-model.ts";
import { EnvironmentError, InputError, InternalError } from "../common/errors.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { loadCheckpoint, type Position, saveCheckpoint } from "./checkpoint.ts";
import { createTrainer, type Trainer } from "./trainer.ts";
import { connectTrainer, type TrainerPort, toPort } from "./trainer-thread.ts";

const runtime = await loadRuntime();

function open(): { trainer: Trainer; port: TrainerPort } {
  const trainer = createTrainer(runtime, toyModel(0.2), toyOptions);
  onTestFinished(() => trainer.dispose());
  return { trainer, port: toPort(trainer) };
}

function position(step: number, best: Position["best"] = null): Position {
  const epoch = { epoch: 1, stepInEpoch: step, lossSum: 0, numTokens: 0, epochSeconds: 0 };
  return { step, ...epoch, best, logBytes: 0, seconds: 0 };
}

const step = (port: TrainerPort, index: number): Promise<number> =>
  port.step({ ...toyStep(1, 1, index), learningRate: 0.05 });

describe("a trainer as a port", () => {
  it("goes on from its checkpoint to the same bits, the best weights included", async () => {
    const folder = await dataFolder({});
    const [straight, resumed] = [open(), open()];
    await step(straight.port, 0);
    await straight.port.keepBest("average");
    const best = straight.trainer.state.average.slice();
    await step(straight.port, 1);
    const saved = position(2, { epoch: 1, value: 0.5 });
    await straight.port.save(folder, saved);
    expect(await resumed.port.restore(folder)).toEqual(saved);
    expect(await step(resumed.port, 2)).toBe(await step(straight.port, 2));
    expect(resumed.trainer.state).toEqual(straight.trainer.state);
    expect(await resumed.port.result("average")).toEqual(best);
  });

  it("results in the current weights where none were kept", async () => {
    const { trainer, port } = open();
    await step(port, 0);
    expect(await port.result("average")).toEqual(trainer.state.average);
    expect(await port.result("weights")).toEqual(trainer.state.weights);
  });

  it("has nothing to go on from in an empty folder", async () => {
    expect(await open().port.restore(await dataFolder({}))).toBe(null);
  });

  it("refuses a checkpoint of another runtime", async () => {
    const folder = await dataFolder({});
    const { trainer, port } = open();
    await port.save(folder, position(0));
    const path = join(folder, "checkpoint.json");
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(trainer.runtime, "onnxruntime-node 9.9.9"));
    await expect(port.restore(folder)).rejects.toThrow(InputError);
    await expect(port.restore(folder)).rejects.toThrow(
      `it was made by onnxruntime-node 9.9.9 and this is ${trainer.runtime}`,
    );
  });

  it.each([
    ["average", undefined, 'vector "average": expected 204 numbers, got none'],
    ["secondMoment", 7, 'vector "secondMoment": expected 204 numbers, got 7'],
    ["best", undefined, 'vector "best": expected 204 numbers, got none'],
  ])(
    "refuses a checkpoint whose %s is missing or of another length",
    async (name, size, message) => {
      const folder = await dataFolder({});
      const { trainer, port } = open();
      const vector = (): Float32Array => new Float32Array(204);
      const names = ["weights", "firstMoment", "secondMoment", "average", "best"];
      const vectors: Record<string, Float32Array> = Object.fromEntries(
        names.map((key) => [key, vector()]),
      );
      if (size === undefined) delete vectors[name];
      else vectors[name] = new Float32Array(size);
      const saved = position(3, { epoch: 1, value: 0.5 });
      await saveCheckpoint(folder, { runtime: trainer.runtime, position: saved, vectors });
      await expect(port.restore(folder)).rejects.toThrow(InputError);
      await expect(port.restore(folder)).rejects.toThrow(message);
    },
  );

  it("never replaces a good checkpoint with numbers that are not finite", async () => {
    const folder = await dataFolder({});
    const { trainer, port } = open();
    await port.save(folder, position(0));
    const secondMoment = trainer.state.secondMoment.slice().fill(Number.POSITIVE_INFINITY, 5, 6);
    trainer.restore({ ...trainer.state, secondMoment });
    await expect(port.save(folder, position(1))).rejects.toThrow(EnvironmentError);
    await expect(port.save(folder, position(1))).rejects.toThrow(
      "left the range of numbers (secondMoment); the last checkpoint is kept",
    );
    expect((await loadCheckpoint(folder))?.position.step).toBe(0);
  });
});

const here = (path: string): string => new URL(path, import.meta.url).href;

/** A thread that serves what an expression opens: real, but for where its code comes from. */
function startThread(open: string): TrainerPort {
  const code = `
    import { parentPort } from "node:worker_threads";
    import { toyModel, toyOptions } from "${here("../../test/toy-model.ts")}";
    import { EnvironmentError, InputError, InternalError } from "${here("../common/errors.ts")}";
    import { loadRuntime } from "${here("../runtime/load-runtime.ts")}";
    import { createTrainer } from "${here("./trainer.ts")}";
    import { serveTrainer, toPort } from "${here("./trainer-thread.ts")}";
    const openToy = async () => toPort(createTrainer(await loadRuntime(), toyModel(0.2), toyOptions));
    serveTrainer(parentPort, ${open});
  `;
  const typescript = fileURLToPath(here("../../scripts/register-typescript.js"));
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
    execArgv: ["--import", typescript],
  });
  onTestFinished(async () => {
    await worker.terminate();
  });
  return connectTrainer(worker);
}

// Each thread compiles our TypeScript first.
describe("a trainer in a thread", { timeout: 240_000 }, () => {
  it("does what the same trainer does here, in order, without waiting between calls", async () => {
    const far = startThread("openToy");
    const { port: near } = open();
    const losses = await Promise.all([0, 1, 2].map((index) => step(far, index)));
    const expected: number[] = [];
    for (const index of [0, 1, 2]) expected.push(await step(near, index));
    expect(losses).toEqual(expected);
    expect(await far.result("weights")).toEqual(await near.result("weights"));
    const tokens = { dtype: "int32", shape: [2, 1], data: Int32Array.of(3, 4) } as const;
    expect(await far.score({ tokens }, "average")).toEqual(await near.score({ tokens }, "average"));
    expect(await far.placement(toyStep(1, 1, 0).batches)).toBe(null);
    const [here, there] = [await dataFolder({}), await dataFolder({})];
    await near.save(here, position(3));
    await far.save(there, position(3));
    expect(await loadCheckpoint(there)).toEqual(await loadCheckpoint(here));
    await far.dispose();
    await expect(step(far, 3)).rejects.toThrow("the training thread has ended");
  });

  it("keeps whose fault an error was", async () => {
    const errors = `[
      new InputError("bad data"),
      new EnvironmentError("disk"),
      new InternalError("broken"),
      new RangeError("odd"),
    ]`;
    const port = startThread(
      `async () => ({ step: async ({ learningRate }) => { throw ${errors}[learningRate]; }, dispose: async () => {} })`,
    );
    const expected = [
      [InputError, "bad data"],
      [EnvironmentError, "disk"],
      [InternalError, "internal: broken"],
      [Error, "odd"],
    ] as const;
    for (const [index, [type, message]] of expected.entries()) {
      const error = await port
        .step({ batches: [], learningRate: index })
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(type);
      expect((error as Error).message).toBe(message);
    }
    await port.dispose();
  });

  it("reports with the first call that it could not be opened, and can be disposed of", async () => {
    const port = startThread('async () => { throw new EnvironmentError("no runtime"); }');
    await expect(step(port, 0)).rejects.toThrow("no runtime");
    await expect(step(port, 1)).rejects.toThrow(EnvironmentError);
    await port.dispose();
  });

  it("fails the calls that wait when the thread dies", async () => {
    const port = startThread("async () => ({ step: () => process.exit(3) })");
    await expect(step(port, 0)).rejects.toThrow("the training thread has ended");
    await expect(step(port, 1)).rejects.toThrow(InternalError);
    await port.dispose();
  });
});
