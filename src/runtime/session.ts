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

/** Values by the name of the graph's input or output. */
export type Values = Readonly<Record<string, Value>>;

/** Where a graph runs. */
export type Device = "cpu" | "webgpu" | "cuda";

export interface SessionOptions {
  /** Default: "cpu". Nodes that another device has no kernel for run on the CPU. */
  readonly device?: Device;
  /**
   * Threads inside one operator; 0 takes one for each physical core. Default: 0. Native runtime
   * only: Wasm runs on as many threads as were set when it was loaded.
   */
  readonly numThreads?: number;
  /** Writes an ONNX Runtime profile whose name starts so. Native runtime only. */
  readonly profilePrefix?: string;
}

/** One compiled graph. Whoever creates it disposes of it. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /**
   * Runs the graph once; every input must be fed.
   * @param feeds - read in place, not copied, by the native runtime. What else it holds is ignored.
   * @param into - values whose arrays receive the outputs of their names; they come back as the
   *   same objects. It spares the native runtime a copy. No
   *   two may share memory with each other or with a feed.
   * @param wanted - the outputs that are worked out and come back. Default: all.
   */
  run(feeds: Values, into?: Values, wanted?: readonly string[]): Promise<Record<string, Value>>;
  /** Ends profiling, where it was on, and frees the graph. */
  dispose(): Promise<void>;
}

/** A loaded ONNX Runtime. */
export interface Runtime {
  readonly name: "onnxruntime-node" | "onnxruntime-web";
  readonly version: string;
  /** Why this is not the native runtime although it was looked for, else null. */
  readonly fallbackReason: string | null;
  /**
   * @param model - the bytes of an ONNX `ModelProto`.
   * @throws EnvironmentError when the device is not there (the message says how to get it), or the
   *   runtime cannot compile the graph.
   */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}
