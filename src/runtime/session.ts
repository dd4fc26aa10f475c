/**
 * A compiled ONNX graph and how to run it, the same in Node and in the browser.
 *
 * `run` of the native runtime blocks the thread that calls it, for as long as the graph takes:
 * long work belongs in a worker thread.
 */
import type { DType, DTypeArrays } from "../common/dtype.ts";

/** A dense tensor, row-major, at the border of a session. */
export interface Value {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: DTypeArrays[DType];
}

/** Where a graph runs. */
export type Device = "cpu" | "webgpu" | "cuda";

export interface SessionOptions {
  /** Default: "cpu". */
  readonly device?: Device;
  /** Threads inside one operator; 0 lets the runtime choose. Default: 0. */
  readonly numThreads?: number;
  /** Writes an ONNX Runtime profile whose name starts so. Native runtime only. */
  readonly profilePrefix?: string;
}

/** One compiled graph. Whoever creates it disposes of it. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Runs the graph once; every input must be fed, every output comes back. */
  run(feeds: Readonly<Record<string, Value>>): Promise<Record<string, Value>>;
  /** Ends profiling, where it was on, and frees the graph. */
  dispose(): Promise<void>;
}

/** A loaded ONNX Runtime. */
export interface Runtime {
  readonly name: "onnxruntime-node" | "onnxruntime-web";
  readonly version: string;
  /** @param model - the bytes of an ONNX `ModelProto`. */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}
