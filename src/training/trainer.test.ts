import { afterAll, describe, expect, it } from "vitest";
import {
  TOY_ITEMS,
  toyModel,
  toyNext,
  toyOptions,
  toySlice,
  toyStep,
  withoutDevices,
} from "../../test/toy-model.ts";
import { InternalError } from "../common/errors.ts";
import { loadRuntime } from "../runtime/load-runtime.ts";
import { createTrainer, type Slice, type Trainer, type TrainerOptions } from "./trainer.ts";

const runtime = await loadRuntime();
const trainers: Trainer[] = [];

function open(options: Partial<TrainerOptions> = {}, dropoutRate = 0): Trainer {
  const trainer = createTrainer(runtime, toyModel(dropoutRate), { ...toyOptions, ...options });
  trainers.push(trainer);
  return trainer;
}

afterAll(async () => {
  for (const trainer of trainers) await trainer.dispose();
});

const allItems = Array.from({ length: TOY_ITEMS }, (_, item) => item);

const learningRate = 0.05;

/** The same step for all. */
async function steps(trainer: Trainer, count: number, batches: Slice[][]): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < count; i++) losses.push(await trainer.step({ batches, learningRate }));
  return losses;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => Math.abs(value - b[i])).reduce((x, y) => Math.max(x, y), 0);
}

describe("a trainer", () => {
  it("learns what there is to learn", async () => {
    const trainer = open();
    const losses = await steps(trainer, 60, [[toySlice(allItems)]]);
    // Knowing nothing costs log 12; weights near zero know nothing.
    expect(Math.abs(losses[0] - Math.log(TOY_ITEMS))).toBeLessThan(0.5);
    expect(losses[59]).toBeLessThan(0.1);
    const tokens = { dtype: "int32", shape: [12, 1], data: Int32Array.from(allItems) } as const;
    const scores = await trainer.score({ tokens }, "weights");
    for (const item of allItems) {
      const row = scores.subarray(item * TOY_ITEMS, (item + 1) * TOY_ITEMS);
      expect(row.indexOf(Math.max(...row))).toBe(toyNext(item));
    }
    expect(trainer.state.step).toBe(60);
  });

  it("makes the same step of two batches, of two slices and of one of both", async () => {
    const [first, second] = [allItems.slice(0, 5), allItems.slice(5)];
    const halves = [toySlice(first, TOY_ITEMS), toySlice(second, TOY_ITEMS)];
    const [whole, accumulated, sliced] = [open(), open(), open()];
    const losses = [
      await steps(whole, 5, [[toySlice(allItems)]]),
      await steps(accumulated, 5, [[halves[0]], [halves[1]]]),
      await steps(sliced, 5, [halves]),
    ];
    expect(largestDifference(losses[1], losses[0])).toBeLessThan(1e-6);
    expect(largestDifference(losses[2], losses[0])).toBeLessThan(1e-6);
    expect(largestDifference(accumulated.state.weights, whole.state.weights)).toBeLessThan(1e-6);
    expect(largestDifference(sliced.state.weights, whole.state.weights)).toBeLessThan(1e-6);
  });

  it("averages its weights over the last steps, over few at first", async () => {
    const trainer = open({ averageDecay: 0.8 });
    let expected = Array.from(trainer.state.weights);
    expect(trainer.state.average).toEqual(trainer.state.weights);
    for (let step = 1; step <= 40; step++) {
      await steps(trainer, 1, [[toySlice(allItems)]]);
      // 2/11, 3/12 ... as TensorFlow's ExponentialMovingAverage, up to 0.8 from step 35 on.
      const decay = Math.min(0.8, (1 + step) / (10 + step));
      const { weights } = trainer.state;
      expected = expected.map((average, i) => decay * average + (1 - decay) * weights[i]);
    }
    expect(largestDifference(trainer.state.average, expected)).toBeLessThan(1e-5);
    expect(largestDifference(trainer.state.average, trainer.state.weights)).toBeGreaterThan(1e-3);
  });

  it("has no average but the weights with a decay of 0", async () => {
    const trainer = open({ averageDecay: 0 });
    await steps(trainer, 3, [[toySlice(allItems)]]);
    expect(largestDifference(trainer.state.average, trainer.state.weights)).toBeLessThan(1e-6);
  });

  it("comes out the same to the bit with the same seed, on two threads as well", async () => {
    for (const session of [{ numThreads: 1 }, { numThreads: 2 }]) {
      const [a, b, other] = [
        open({ session }, 0.3),
        open({ session }, 0.3),
        open({ session, seed: 8 }, 0.3),
      ];
      for (let index = 0; index < 8; index++) {
        const { batches } = toyStep(1, 1, index);
        const [lossA, lossB] = [
          await a.step({ batches, learningRate }),
          await b.step({ batches, learningRate }),
        ];
        await other.step({ batches, learningRate });
        expect(lossA).toBe(lossB);
      }
      expect(a.state).toEqual(b.state);
      expect(a.state.weights).not.toEqual(other.state.weights);
    }
  });

  it("drops other elements in every step and every batch", async () => {
    const trainer = open({}, 0.5);
    const one = toySlice(allItems);
    const still = async (batches: Slice[][]): Promise<number> =>
      trainer.step({ batches, learningRate: 0 });
    const [first, second] = [await still([[one]]), await still([[one]])];
    expect(first).not.toBe(second);
    const third = await still([[one], [one]]);
    trainer.restore({ ...trainer.state, step: 2 });
    expect(third).not.toBe(2 * (await still([[one]])));
  });

  it("goes on from a state as if it had never stopped", async () => {
    const [straight, resumed] = [open({}, 0.3), open({}, 0.3)];
    for (let index = 0; index < 3; index++) {
      await straight.step({ ...toyStep(1, 1, index), learningRate });
    }
    resumed.restore(structuredClone(straight.state));
    for (let index = 3; index < 6; index++) {
      const input = { ...toyStep(1, 1, index), learningRate };
      expect(await straight.step(input)).toBe(await resumed.step(input));
    }
    expect(resumed.state).toEqual(straight.state);
  });

  it("refuses the state of another model", () => {
    const trainer = open();
    const weights = new Float32Array(3);
    expect(() => trainer.restore({ ...trainer.state, weights })).toThrow(InternalError);
    expect(() => trainer.restore({ ...trainer.state, weights })).toThrow(
      "checkpoint has 3 weights, the model 204",
    );
  });

  it("leaves nothing to the CPU where that is the device", async () => {
    expect(await open().placement(toyStep(1, 1, 0).batches)).toBe(null);
  });

  it.skipIf(runtime.name !== "onnxruntime-node")(
    "counts what a device leaves to the CPU, and learns the same",
    async () => {
      const options = { ...toyOptions, session: { device: "webgpu" } } as const;
      const trainer = createTrainer(withoutDevices(runtime), toyModel(0.3), options);
      trainers.push(trainer);
      const { batches } = toyStep(1, 1, 0);
      const before = structuredClone(trainer.state);
      const { device, numNodes, onCpu } = (await trainer.placement(batches)) ?? {};
      expect(trainer.state).toEqual(before);
      expect(device).toBe("webgpu");
      // Dropout's random bits, the model's product, the update's square root.
      expect(Object.keys(onCpu ?? {})).toEqual(
        expect.arrayContaining(["BitwiseXor", "FusedMatMul", "Sqrt"]),
      );
      expect(Object.values(onCpu ?? {}).reduce((sum, count) => sum + count, 0)).toBe(numNodes);
    },
  );

  it("names the runtime that computes", () => {
    expect(open().runtime).toMatch(/^onnxruntime-(node|web) \d+\.\d+\.\d+/);
  });
});
