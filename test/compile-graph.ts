/**
 * Graphs for tests: compiled, fed plain numbers, read as plain numbers.
 */
import { toTypedArray } from "../src/common/dtype.ts";
import type { Graph, Tensor } from "../src/graph/graph.ts";
import { type ToOnnxOptions, toOnnx } from "../src/graph/to-onnx.ts";
import { type Backend, loadRuntime } from "../src/runtime/load-runtime.ts";
import type { Value } from "../src/runtime/session.ts";

export type Numbers = Readonly<Record<string, ArrayLike<number>>>;

export interface CompiledGraph {
  /** The outputs for some inputs, by name. */
  run(feeds: Numbers): Promise<Record<string, number[]>>;
  dispose(): Promise<void>;
}

export interface CompileOptions extends ToOnnxOptions {
  readonly backend?: Backend;
}

/** Default dialect: "onnxruntime", as in training. */
export async function compileGraph(
  graph: Graph,
  outputs: Readonly<Record<string, Tensor>>,
  options: CompileOptions = {},
): Promise<CompiledGraph> {
  const { backend = "auto", dialect = "onnxruntime" } = options;
  const runtime = await loadRuntime({ backend });
  const session = await runtime.createSession(toOnnx(graph, outputs, { dialect }), {
    numThreads: 1,
  });
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
      const data = toTypedArray(dtype, feeds[name]);
      return [name, { dtype, shape: shape as number[], data }];
    }),
  );
}
