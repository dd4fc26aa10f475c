/**
 * Graphs for tests: compiled, fed plain numbers, read as plain numbers.
 */
import { toTypedArray } from "../src/common/dtype.ts";
import type { Graph, Tensor } from "../src/graph/graph.ts";
import { type ToOnnxOptions, toOnnx } from "../src/graph/to-onnx.ts";
import { type Backend, loadRuntime } from "../src/runtime/load-runtime.ts";
import type { Value } from "../src/runtime/session.ts";

/** With a shape where the graph does not settle it. */
export type Feed =
  | ArrayLike<number>
  | { readonly shape: readonly number[]; readonly values: ArrayLike<number> };

export type Numbers = Readonly<Record<string, Feed>>;

export interface CompiledGraph {
  /** The outputs for some inputs, by name. */
  run(feeds: Numbers): Promise<Record<string, number[]>>;
  dispose(): Promise<void>;
}

export interface CompileOptions extends ToOnnxOptions {
  readonly backend?: Backend;
  /** Default: 1. */
  readonly numThreads?: number;
}

/** Default dialect: "onnxruntime", as in training. */
export async function compileGraph(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  options: CompileOptions = {},
): Promise<CompiledGraph> {
  const { backend = "auto", dialect = "onnxruntime", numThreads = 1 } = options;
  const runtime = await loadRuntime({ backend });
  const session = await runtime.createSession(toOnnx(graph, outputs, { dialect }), { numThreads });
  return {
    run: async (feeds) => {
      const results = await session.run(toValues(graph, feeds));
      return Object.fromEntries(
        Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]),
      );
    },
    dispose: () => session.dispose(),
  };
}

/** Compiles, runs once and disposes. */
export async function runGraph(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Numbers = {},
  options: CompileOptions = {},
): Promise<Record<string, number[]>> {
  const compiled = await compileGraph(graph, outputs, options);
  return compiled.run(feeds).finally(() => compiled.dispose());
}

function toValues(graph: Graph, feeds: Numbers): Record<string, Value> {
  const fed = graph.inputs.filter(({ name }) => feeds[name] !== undefined);
  return Object.fromEntries(
    fed.map(({ name, tensor: { dtype, shape } }) => {
      const feed = feeds[name];
      const given = "shape" in feed ? feed : { shape: shape as number[], values: feed };
      return [name, { dtype, shape: given.shape, data: toTypedArray(dtype, given.values) }];
    }),
  );
}
