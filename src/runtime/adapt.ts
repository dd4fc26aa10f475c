/**
 * The thin layer over ONNX Runtime's JavaScript API, which is the same for both its packages.
 */
import type * as Ort from "onnxruntime-common";
import type { DType, DTypeArrays } from "../common/dtype.ts";
import type { Runtime, Session, SessionOptions, Value } from "./session.ts";

/** The parts of `onnxruntime-node` and `onnxruntime-web` that Usher calls. */
export type OrtModule = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

export function adaptRuntime(ort: OrtModule, name: Runtime["name"]): Runtime {
  const version =
    (name === "onnxruntime-node" ? ort.env.versions.node : ort.env.versions.web) ?? "";
  return {
    name,
    version,
    createSession: async (model, options = {}) => {
      const session = await ort.InferenceSession.create(model, toOrtOptions(options));
      return adaptSession(ort, session, options.profilePrefix !== undefined);
    },
  };
}

function toOrtOptions(options: SessionOptions): Ort.InferenceSession.SessionOptions {
  const { device = "cpu", numThreads = 0, profilePrefix } = options;
  return {
    executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
    intraOpNumThreads: numThreads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
  };
}

function adaptSession(
  ort: OrtModule,
  session: Ort.InferenceSession,
  isProfiling: boolean,
): Session {
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    run: async (feeds) => {
      const inputs: Record<string, Ort.Tensor> = {};
      for (const [name, value] of Object.entries(feeds)) {
        inputs[name] = new ort.Tensor(value.dtype, value.data as never, value.shape);
      }
      const outputs = await session.run(inputs);
      const values: Record<string, Value> = {};
      for (const [name, tensor] of Object.entries(outputs)) {
        values[name] = {
          dtype: tensor.type as DType,
          shape: tensor.dims,
          data: tensor.data as DTypeArrays[DType],
        };
      }
      return values;
    },
    dispose: async () => {
      if (isProfiling) session.endProfiling();
      await session.release();
    },
  };
}
