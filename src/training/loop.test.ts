import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import {
  TOY_ITEMS,
  toyModel,
  toyNext,
  toyOptions,
  toySlice,
  toyStep,
  withoutDevices,
} from "../../test/toy-model.ts";
import { EnvironmentError, InputError, InterruptedError } from "../common/errors.ts";
import { sha256 } from "../common/files.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { type Checkpoint, loadCheckpoint } from "./checkpoint.ts";
import { type EpochSteps, runTraining, type TrainingResult, type TrainingRun } from "./loop.ts";
import { encodeSafetensors } from "./safetensors.ts";
import { createTrainer } from "./trainer.ts";
import { type TrainerPort, toPort } from "./trainer-thread.ts";
import { openTrainingLog, readTrainingLog, TIME_KEYS, type WrittenLine } from "./training-log.ts";

const runtime = await loadRuntime();

const NUM_STEPS = 5;

/** The share of items whose follower the trainer knows. */
async function hitRate(trainer: TrainerPort): Promise<number> {
  const items = Array.from({ length: TOY_ITEMS }, (_, item) => item);
  const tokens = { dtype: "int32", shape: [TOY_ITEMS, 1], data: Int32Array.from(items) } as const;
  const scores = await trainer.score({ tokens }, "average");
  const hits = items.filter((item) => {
    const row = scores.subarray(item * TOY_ITEMS, (item + 1) * TOY_ITEMS);
    return row.indexOf(Math.max(...row)) === toyNext(item);
  });
  return hits.length / TOY_ITEMS;
}

function toySteps(epoch: number): EpochSteps {
  return { numSteps: NUM_STEPS, step: (index) => toyStep(1, epoch, index) };
}

interface Trained {
  readonly result: TrainingResult | null;
  readonly error: unknown;
  readonly lines: readonly WrittenLine[];
  readonly checkpoint: Checkpoint | null;
}

/** Trains the toy in a folder, from its checkpoint if it has one. */
async function trainIn(folder: string, options: Partial<TrainingRun> = {}): Promise<Trained> {
  const trainer = createTrainer(runtime, toyModel(0.2), toyOptions);
  const log = openTrainingLog(join(folder, "training.jsonl"));
  onTestFinished(async () => {
    log.close();
    await trainer.dispose();
  });
  const run: TrainingRun = {
    trainer: toPort(trainer),
    numEpochs: 4,
    epochSteps: toySteps,
    learningRate: (step) => 0.1 / (1 + step / 10),
    validation: null,
    choice: "average",
    checkpointFolder: join(folder, "checkpoint"),
    checkpointSeconds: Number.POSITIVE_INFINITY,
    log,
    signal: new AbortController().signal,
    startProgress: () => ({ update: () => {}, stop: () => {} }),
    ...options,
  };
  const [result, error] = await runTraining(run).then(
    (value) => [value, null] as const,
    (reason: unknown) => [null, reason] as const,
  );
  const lines = readTrainingLog(join(folder, "training.jsonl"));
  return { result, error, lines, checkpoint: await loadCheckpoint(run.checkpointFolder) };
}

/** What two runs of one training share. */
function withoutTimes({ result, lines, checkpoint }: Trained): object {
  const times = [...TIME_KEYS, "epochSeconds", "logBytes"];
  const drop = (value: object): object =>
    Object.fromEntries(Object.entries(value).filter(([key]) => !times.includes(key)));
  const { position = {}, vectors = {} } = checkpoint ?? {};
  return {
    weights: sha256(encodeSafetensors({ weights: result?.weights ?? new Float32Array() })),
    lines: lines.map(drop),
    position: drop(position),
    vectors: sha256(encodeSafetensors(vectors)),
  };
}

/** A validation that measures what it is told to, one value after the other. */
function scripted(values: readonly number[], everyEpochs = 1, patience = Number.POSITIVE_INFINITY) {
  let next = 0;
  const measure = async () => ({ "ndcg@10": values[next++], other: 1 });
  return { measure, metric: "ndcg@10", everyEpochs, patience };
}

describe("the training loop", () => {
  it("trains every epoch and writes a line for each", async () => {
    const { result, lines } = await trainIn(await dataFolder({}));
    expect(result).toMatchObject({ epochs: 4, steps: 20, best: null });
    expect(lines.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 5],
      [2, 10],
      [3, 15],
      [4, 20],
    ]);
    for (const { epoch, step, numTokens, learningRate, validation, best } of lines) {
      expect(learningRate).toBe(0.1 / (1 + step / 10));
      expect({ epoch, numTokens, validation, best }).toEqual({
        epoch,
        numTokens: 24 * NUM_STEPS,
        validation: null,
        best: null,
      });
    }
    expect(lines[3].loss).toBeLessThan(lines[0].loss / 2);
  });

  it.skipIf(runtime.name !== "onnxruntime-node")(
    "says once what a device leaves to the CPU, and tells the caller",
    async () => {
      const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
      onTestFinished(() => stderr.mockRestore());
      const session = { numThreads: 1, device: "webgpu" } as const;
      const trainer = createTrainer(withoutDevices(runtime), toyModel(0.2), {
        ...toyOptions,
        session,
      });
      onTestFinished(() => trainer.dispose());
      const [folder, other] = [await dataFolder({}), await dataFolder({})];
      const onDevice = await trainIn(folder, { trainer: toPort(trainer) });
      const { placement } = onDevice.result ?? {};
      expect(placement?.numNodes).toBeGreaterThan(0);
      expect(stderr.mock.calls).toEqual([
        [expect.stringMatching(/^webgpu ran 0 of \d+ nodes; on the CPU instead: .*\n$/)],
      ]);
      const onCpu = await trainIn(other);
      expect(onCpu.result?.placement).toBe(null);
      expect(withoutTimes(onDevice)).toEqual(withoutTimes(onCpu));
      expect(stderr).toHaveBeenCalledTimes(1);
      // Nothing is left to be done.
      expect((await trainIn(folder)).result?.placement).toBe(null);
    },
  );

  it("reports the mean loss of the epoch, and seconds that only grow", async () => {
    const losses: number[] = [];
    const trainer = toPort(createTrainer(runtime, toyModel(0.2), toyOptions));
    const step: TrainerPort["step"] = async (input) => {
      losses.push(await trainer.step(input));
      return losses[losses.length - 1];
    };
    const { lines } = await trainIn(await dataFolder({}), { trainer: { ...trainer, step } });
    await trainer.dispose();
    for (const [index, { loss }] of lines.entries()) {
      const own = losses.slice(index * NUM_STEPS, (index + 1) * NUM_STEPS);
      expect(loss).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / NUM_STEPS, 10);
    }
    const seconds = lines.map((line) => line.seconds);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    for (const { tokensPerSecond } of lines) expect(tokensPerSecond).toBeGreaterThan(0);
  });

  it("keeps the weights of the best epoch, measured on the trained weights", async () => {
    const measured: number[] = [];
    const validation = {
      ...scripted([]),
      measure: async (trainer: TrainerPort) => {
        measured.push(await hitRate(trainer));
        return { "ndcg@10": [0.1, 0.3, 0.3, 0.2][measured.length - 1] };
      },
    };
    const whole = await trainIn(await dataFolder({}), { validation });
    const short = await trainIn(await dataFolder({}), { numEpochs: 2 });
    expect(whole.result?.best).toEqual({ epoch: 2, value: 0.3 });
    expect(whole.result?.weights).toEqual(short.result?.weights);
    expect(measured[3]).toBeGreaterThan(0.9);
    expect(whole.lines.map(({ best }) => best?.epoch)).toEqual([1, 2, 2, 2]);
  });

  it("stops when validation has not got better for long enough", async () => {
    const folder = await dataFolder({});
    const validation = scripted([0.1, 0.2, 0.1, 0.2, 0.9], 1, 2);
    const { result, lines } = await trainIn(folder, { numEpochs: 9, validation });
    // The best is epoch 2; equal is not better; 3 and 4 were in vain.
    expect(result).toMatchObject({ epochs: 4, steps: 20, best: { epoch: 2, value: 0.2 } });
    expect(lines.length).toBe(4);
    const again = await trainIn(folder, { numEpochs: 9, validation });
    expect(again.result).toMatchObject({ epochs: 4, steps: 20 });
    expect(again.result?.weights).toEqual(result?.weights);
  });

  it("validates every few epochs and after the last", async () => {
    const validation = scripted([0.1, 0.2, 0.3], 2);
    const { lines } = await trainIn(await dataFolder({}), { numEpochs: 5, validation });
    expect(lines.map((line) => line.validation?.["ndcg@10"] ?? null)).toEqual([
      null,
      0.1,
      null,
      0.2,
      0.3,
    ]);
  });

  it("refuses to choose by what is not measured, or not a number", async () => {
    const choose = { ...scripted([0.1]), metric: "ndcg@5" };
    const unknown = await trainIn(await dataFolder({}), { validation: choose });
    expect(unknown.error).toBeInstanceOf(InputError);
    expect((unknown.error as Error).message).toBe(
      'validation.metric: expected one of ndcg@10, other, got "ndcg@5"',
    );
    const nothing = await trainIn(await dataFolder({}), { validation: scripted([Number.NaN]) });
    expect((nothing.error as Error).message).toBe("internal: validation: ndcg@10 is NaN");
  });

  it("has at most three steps under way, and none while a checkpoint is written", async () => {
    const trainer = toPort(createTrainer(runtime, toyModel(0.2), toyOptions));
    let underWay = 0;
    let most = 0;
    const saved: number[] = [];
    const { error } = await trainIn(await dataFolder({}), {
      checkpointSeconds: 0,
      trainer: {
        ...trainer,
        step: async (input) => {
          most = Math.max(most, ++underWay);
          const loss = await trainer.step(input);
          underWay--;
          return loss;
        },
        save: async (folder, position) => {
          expect(underWay).toBe(0);
          saved.push(position.step);
          await trainer.save(folder, position);
        },
      },
    });
    await trainer.dispose();
    expect(error).toBe(null);
    expect(most).toBe(3);
    // Three steps are begun before the first has ended; then it is time for a checkpoint again.
    expect(saved.slice(0, 4)).toEqual([3, 5, 5, 8]);
  });

  it("stops on request after the step under way, and goes on to the same end", async () => {
    const validation = () => scripted([0.1, 0.3, 0.2, 0.25]);
    const straight = await trainIn(await dataFolder({}), { validation: validation() });
    const folder = await dataFolder({});
    const values = validation();
    const controller = new AbortController();
    const stopAt = (stopEpoch: number, stopStep: number) => (epoch: number) => ({
      numSteps: NUM_STEPS,
      step: (index: number) => {
        if (epoch === stopEpoch && index === stopStep) controller.abort();
        return toyStep(1, epoch, index);
      },
    });
    const stopped = await trainIn(folder, {
      validation: values,
      epochSteps: stopAt(2, 3),
      signal: controller.signal,
    });
    expect(stopped.error).toBeInstanceOf(InterruptedError);
    expect((stopped.error as Error).message).toContain("goes on from here with --resume");
    // Step 9 was asked for when two before it were under way: all that was begun is finished.
    expect(stopped.checkpoint?.position).toMatchObject({ epoch: 2, step: 9, stepInEpoch: 4 });
    const resumed = await trainIn(folder, { validation: values });
    expect(resumed.error).toBe(null);
    expect(withoutTimes(resumed)).toEqual(withoutTimes(straight));
  });

  it("ends with the last good checkpoint when a loss is not finite", async () => {
    const folder = await dataFolder({});
    const broken = toySlice([1, 2, 3]);
    (broken.weights.data as Float32Array).fill(Number.NaN);
    const epochSteps = (epoch: number): EpochSteps => ({
      numSteps: NUM_STEPS,
      step: (index) =>
        epoch === 2 && index === 2
          ? { batches: [[broken]], numTokens: 3 }
          : toyStep(1, epoch, index),
    });
    const failed = await trainIn(folder, { epochSteps });
    expect(failed.error).toBeInstanceOf(EnvironmentError);
    expect((failed.error as Error).message).toBe(
      "the loss of step 8 is NaN; the last checkpoint is kept: lower the learning rate and start again",
    );
    expect(failed.checkpoint?.position).toMatchObject({ epoch: 2, step: 5, stepInEpoch: 0 });
    expect(failed.checkpoint?.vectors.weights.every(Number.isFinite)).toBe(true);
    const resumed = await trainIn(folder);
    const straight = await trainIn(await dataFolder({}));
    expect(withoutTimes(resumed)).toEqual(withoutTimes(straight));
  });

  it("writes again the lines that came after the checkpoint", async () => {
    const folder = await dataFolder({});
    await trainIn(folder, { numEpochs: 2 });
    const path = join(folder, "training.jsonl");
    const before = await readFile(path, "utf8");
    const log = openTrainingLog(path);
    log.append({ ...readTrainingLog(path)[1], epoch: 3 });
    log.close();
    const { lines } = await trainIn(folder);
    expect(lines.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect((await readFile(path, "utf8")).startsWith(before)).toBe(true);
  });
});
