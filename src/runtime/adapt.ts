/**
 * The thin layer over ONNX Runtime's JavaScript API, which is the same for both its packages.
 */
import type * as Ort from "onnxruntime-common";
import { EnvironmentError } from "../common/errors.ts";
import { adaptSession } from "./adapt-session.ts";
import { type OrtModule, textOf } from "./ort.ts";
import { probeModel } from "./probe-model.ts";
import type { Device, Runtime, SessionOptions } from "./session.ts";

/** What differs between the packages. */
export interface Adaptation {
  readonly name: Runtime["name"];
  readonly fallbackReason: string | null;
  /** Why a device cannot be had, and the way out; null where it may be tried. */
  readonly objectionTo: (device: Device) => string | null;
  /** What a device needs, for when the runtime tried it and failed. */
  readonly needsOf: (device: Device) => string;
}

export function adaptRuntime(ort: OrtModule, adaptation: Adaptation): Runtime {
  const { name, fallbackReason } = adaptation;
  const version = ort.env.versions[name === "onnxruntime-node" ? "node" : "web"] ?? "unknown";
  return {
    name,
    version,
    fallbackReason,
    createSession: async (model, options = {}) => {
      refuseWhatIsAbsent(adaptation, options);
      const session = await ort.InferenceSession.create(model, toOrtOptions(options)).catch(
        async (error: unknown) => {
          throw await explain(ort, adaptation, options, error);
        },
      );
      return adaptSession({ ort, runtimeName: name, session }, options.profilePrefix !== undefined);
    },
  };
}

/** Compiles the smallest graph; throws ONNX Runtime's own error when even that fails. */
export async function probe(ort: OrtModule, device: Device): Promise<void> {
  const options = toOrtOptions({ device, numThreads: 1 });
  const session = await ort.InferenceSession.create(probeModel(), options);
  await session.release();
}

function refuseWhatIsAbsent(adaptation: Adaptation, options: SessionOptions): void {
  const { device = "cpu", profilePrefix } = options;
  const objection = device === "cpu" ? null : adaptation.objectionTo(device);
  if (objection !== null) throw new EnvironmentError(`device "${device}": ${objection}`);
  if (profilePrefix !== undefined && adaptation.name !== "onnxruntime-node") {
    throw new EnvironmentError(`profiles are written by onnxruntime-node, not ${adaptation.name}`);
  }
}

function toOrtOptions(options: SessionOptions): Ort.InferenceSession.SessionOptions {
  const { device = "cpu", numThreads = 0, profilePrefix } = options;
  return {
    // The CPU is always there for the nodes that a device cannot run. Were it named, a runtime that
    // fails to start the device would run everything on the CPU, with a warning for all notice.
    executionProviders: [device],
    intraOpNumThreads: numThreads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    // Its threads would wait awake for a while after each run, in the way of another session or of
    // JavaScript.
    extra: { session: { force_spinning_stop: "1" } },
    // What goes wrong is thrown as well; stderr belongs to the program.
    logSeverityLevel: 4,
    ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
  };
}

/** Whose fault a failed compilation is: the device's, if the smallest graph fails there too. */
async function explain(
  ort: OrtModule,
  { name, needsOf }: Adaptation,
  { device = "cpu" }: SessionOptions,
  cause: unknown,
): Promise<EnvironmentError> {
  const failure = device === "cpu" ? null : await probe(ort, device).then(() => null, textOf);
  const text =
    failure === null
      ? `${name} could not compile the graph: ${textOf(cause)}`
      : `device "${device}": ${name} could not start it (${failure}); ${needsOf(device)}`;
  return new EnvironmentError(text, { cause });
}
