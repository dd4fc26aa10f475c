/**
 * One contract for both runtimes: what is fed and what comes back.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DType, toTypedArray } from "../../src/common/dtype.ts";
import { EnvironmentError, InternalError } from "../../src/common/errors.ts";
import { type Backend, loadRuntime } from "../../src/runtime/load-runtime.ts";
import type { Session, Value, Values } from "../../src/runtime/session.ts";
import { node, softmaxOfProduct, toModel } from "./models.ts";

// Where no native runtime can be loaded (Intel Macs), Wasm alone is to be tested.
const nativeFailure = await loadRuntime({ backend: "native" }).then(() => null, String);
const backends: Backend[] = nativeFailure === null ? ["native", "wasm"] : ["wasm"];
if (nativeFailure !== null) console.warn(`skipped: ${nativeFailure}`);

function float32(shape: readonly number[], values: ArrayLike<number>): Value {
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}

async function withSession<T>(
  backend: Backend,
  model: Uint8Array,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const runtime = await loadRuntime({ backend });
  const session = await runtime.createSession(model, { numThreads: 1 });
  return use(session).finally(() => session.dispose());
}

/** y = x for a vector of any type. */
function identity(dtype: DType): Uint8Array {
  return toModel(
    [{ name: "x", dtype, shape: ["n"] }],
    [{ name: "y", dtype, shape: ["n"] }],
    [node("Identity", ["x"], ["y"])],
  );
}

function naiveSoftmaxOfProduct(a: Value, b: Value): number[] {
  const [n, k] = a.shape;
  const m = b.shape[1];
  return Array.from({ length: n }).flatMap((_, i) => {
    const logits = Array.from({ length: m }, (_, j) => {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += Number(a.data[i * k + l]) * Number(b.data[l * m + j]);
      return Math.exp(sum);
    });
    const total = logits.reduce((x, y) => x + y, 0);
    return logits.map((value) => value / total);
  });
}

describe.each(backends)("a session of the %s runtime", (backend) => {
  it("computes what the definition says, for any sizes", async () => {
    await withSession(backend, softmaxOfProduct(), async (session) => {
      const size = fc.integer({ min: 1, max: 5 });
      await fc.assert(
        fc.asyncProperty(size, size, size, fc.infiniteStream(number), async (n, k, m, numbers) => {
          const a = float32([n, k], [...numbers.take(n * k)]);
          const b = float32([k, m], [...numbers.take(k * m)]);
          const { y } = await session.run({ a, b });
          expect(y.shape).toEqual([n, m]);
          const expected = naiveSoftmaxOfProduct(a, b);
          expected.forEach((value, i) => {
            expect(y.data[i]).toBeCloseTo(value, 5);
          });
        }),
        { numRuns: 20 },
      );
    });
  });

  const number = fc.double({ min: -2, max: 2, noNaN: true });

  it.each<[DType, number[]]>([
    ["float32", [1.5, -2]],
    ["float64", [1.1, -2]],
    ["int32", [-(2 ** 31), 7]],
    ["int64", [-(2 ** 53), 7]],
    ["uint32", [2 ** 32 - 1, 7]],
    ["uint8", [255, 7]],
    ["int8", [-128, 7]],
    ["bool", [1, 0]],
  ])("carries %s both ways", async (dtype, numbers) => {
    await withSession(backend, identity(dtype), async (session) => {
      const x = { dtype, shape: [2], data: toTypedArray(dtype, numbers) };
      expect(await session.run({ x })).toEqual({ y: x });
    });
  });

  it("takes part of an array, and an empty one", async () => {
    await withSession(backend, identity("float32"), async (session) => {
      const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
      const part = await session.run({ x: { dtype: "float32", shape: [2], data } });
      expect([...part.y.data]).toEqual([2, 3]);
      expect(await session.run({ x: float32([0], []) })).toEqual({ y: float32([0], []) });
    });
  });

  it("leaves alone what an earlier run returned", async () => {
    await withSession(backend, identity("float32"), async (session) => {
      const first = await session.run({ x: float32([2], [1, 2]) });
      await session.run({ x: float32([2], [3, 4]) });
      expect([...first.y.data]).toEqual([1, 2]);
    });
  });

  it("writes outputs into given arrays, whatever node they come from", async () => {
    const matrix = { dtype: "float32", shape: [2, 3] } as const;
    const vector = { dtype: "float32", shape: [6] } as const;
    const model = toModel(
      [
        { name: "x", ...matrix },
        { name: "shape", dtype: "int64", shape: [1] },
      ],
      [
        { name: "same", ...matrix },
        { name: "flat", ...vector },
        { name: "negative", ...matrix },
        { name: "free", ...matrix },
      ],
      [
        node("Identity", ["x"], ["same"]),
        node("Reshape", ["x", "shape"], ["flat"], { allowzero: { int: 0 } }),
        node("Neg", ["x"], ["negative"]),
        node("Abs", ["negative"], ["free"]),
      ],
    );
    await withSession(backend, model, async (session) => {
      const numbers = [1, 2, 3, 4, 5, 6];
      const shape: Value = { dtype: "int64", shape: [1], data: BigInt64Array.of(6n) };
      const into: Values = {
        same: float32([2, 3], new Float32Array(6)),
        flat: float32([6], new Float32Array(6)),
        negative: float32([2, 3], new Float32Array(6)),
      };
      const outputs = await session.run({ x: float32([2, 3], numbers), shape }, into);
      for (const name of Object.keys(into)) expect(outputs[name]).toBe(into[name]);
      expect([...outputs.same.data]).toEqual(numbers);
      expect([...outputs.flat.data]).toEqual(numbers);
      expect([...outputs.negative.data]).toEqual(numbers.map((x) => -x));
      expect([...outputs.free.data]).toEqual(numbers);
    });
  });

  it("names an input that is not fed", async () => {
    await withSession(backend, softmaxOfProduct(), async (session) => {
      const run = session.run({ a: float32([1, 1], [1]) });
      await expect(run).rejects.toThrow(new InternalError('run: input "b" is not fed'));
    });
  });

  it("says that a run failed, and why", async () => {
    await withSession(backend, softmaxOfProduct(), async (session) => {
      const run = session.run({ a: float32([1, 2], [1, 1]), b: float32([3, 1], [1, 1, 1]) });
      await expect(run).rejects.toThrow(
        /internal: onnxruntime-\w+ could not run the graph: .*MatMul/,
      );
    });
  });

  it("refuses an input in shared memory, whatever the version of Node", async () => {
    await withSession(backend, identity("float32"), async (session) => {
      const data = new Float32Array(new SharedArrayBuffer(8));
      const run = session.run({ x: { dtype: "float32", shape: [2], data } });
      await expect(run).rejects.toThrow(
        new InternalError('run: "x" lies in shared memory; copy it'),
      );
    });
  });

  it("refuses bytes that are no model", async () => {
    const runtime = await loadRuntime({ backend });
    const creation = runtime.createSession(Uint8Array.of(1, 2, 3));
    await expect(creation).rejects.toThrow(EnvironmentError);
    await expect(creation).rejects.toThrow(/could not compile the graph: .*protobuf/);
  });
});
