/**
 * What Usher uses of ONNX Runtime's JavaScript API.
 */
import type * as Ort from "onnxruntime-common";

/** The part that `onnxruntime-node` and `onnxruntime-web` share. */
export type OrtModule = Pick<typeof Ort, "InferenceSession" | "Tensor" | "env">;

/**
 * The version whose kernels and quirks the tests have seen: package.json pins `onnxruntime-web` to
 * it, and an `onnxruntime-node` that is older is not used.
 */
export const ORT_VERSION = "1.30.0";

/** An error's text without the place in ONNX Runtime's C++ code that some begin with. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^\/onnxruntime_src\/.* was false\. /s, "").trim();
}
