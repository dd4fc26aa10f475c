/**
 * One session of ONNX Runtime as ours: plain values in and out.
 */
import type * as Ort from "onnxruntime-common";
import type { DType, DTypeArrays } from "../common/dtype.ts";
import { EnvironmentError, InternalError } from "../common/errors.ts";
import { type OrtModule, textOf } from "./ort.ts";
import type { Runtime, Session, Value, Values } from "./session.ts";

interface Adapted {
  readonly ort: OrtModule;
  readonly runtimeName: Runtime["name"];
  readonly session: Ort.InferenceSession;
}

export function adaptSession(adapted: Adapted, isProfiling: boolean): Session {
  const { session } = adapted;
  // Getters that make a new array each time in one of the packages.
  const [inputNames, outputNames] = [[...session.inputNames], [...session.outputNames]];
  return {
    inputNames,
    outputNames,
    run: async (feeds, into = {}, wanted = outputNames) => {
      const inputs = toTensors(adapted.ort, inputNames, feeds);
      const outputs = await execute(adapted, inputs, into, wanted).catch((error: unknown) => {
        throw explain(adapted.runtimeName, error);
      });
      return Object.fromEntries(
        wanted.map((name) => [name, collect(adapted, outputs[name], into[name])]),
      );
    },
    dispose: async () => {
      if (isProfiling) session.endProfiling();
      await session.release();
    },
  };
}

/**
 * No copy: the tensors refer to the arrays of the values. Shared memory is refused here, because
 * the native runtime refuses it on Node 20 but not on Node 24.
 */
function toTensors(
  ort: OrtModule,
  names: readonly string[],
  values: Values,
): Record<string, Ort.Tensor> {
  const tensors: Record<string, Ort.Tensor> = {};
  for (const name of names) {
    const value = values[name];
    if (value === undefined) throw new InternalError(`run: input "${name}" is not fed`);
    if (isShared(value)) throw new InternalError(`run: "${name}" lies in shared memory; copy it`);
    tensors[name] = new ort.Tensor(value.dtype, value.data as never, value.shape);
  }
  return tensors;
}

/**
 * The native runtime writes into arrays that it is given, though what it returns is another copy.
 * Wasm returns the arrays it is given, and leaves them as they were: so it gets none.
 */
function execute(
  { ort, runtimeName, session }: Adapted,
  inputs: Record<string, Ort.Tensor>,
  into: Values,
  wanted: readonly string[],
): Promise<Ort.InferenceSession.ReturnType> {
  const isNative = runtimeName === "onnxruntime-node";
  const received = isNative ? wanted.filter((name) => into[name] !== undefined) : [];
  const tensors = toTensors(ort, received, into);
  return session.run(
    inputs,
    Object.fromEntries(wanted.map((name) => [name, tensors[name] ?? null])),
  );
}

function collect({ runtimeName }: Adapted, output: Ort.Tensor, into: Value | undefined): Value {
  const data = output.data as DTypeArrays[DType];
  if (into === undefined) return { dtype: output.type as DType, shape: output.dims, data };
  if (runtimeName !== "onnxruntime-node") (into.data as Float32Array).set(data as Float32Array);
  return into;
}

/** Memory that ran out is the machine's matter; all else that fails in a run is our own. */
function explain(runtimeName: string, cause: unknown): Error {
  const text = `${runtimeName} could not run the graph: ${textOf(cause)}`;
  if (/alloc|out of memory/i.test(text)) return new EnvironmentError(text, { cause });
  return new InternalError(text, { cause });
}

function isShared(value: Value): boolean {
  return Object.prototype.toString.call(value.data.buffer) === "[object SharedArrayBuffer]";
}
