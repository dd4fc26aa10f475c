/**
 * Devices beside the CPU: they run, or the error says what to install. Which of the two depends on
 * the machine; both are checked where they occur.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { EnvironmentError, InputError } from "../../src/common/errors.ts";
import { encodeModel } from "../../src/onnx/encode.ts";
import { loadRuntime } from "../../src/runtime/load-runtime.ts";
import { ORT_VERSION } from "../../src/runtime/ort.ts";
import {
  describePlacement,
  measurePlacement,
  summarizePlacement,
} from "../../src/runtime/placement.ts";
import { probeModel } from "../../src/runtime/probe-model.ts";
import type { Device } from "../../src/runtime/session.ts";
import { node, softmaxOfProduct } from "./models.ts";

const feeds = {
  a: { dtype: "float32", shape: [1, 2], data: Float32Array.of(1, 2) },
  b: { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
} as const;

const nativeFailure = await loadRuntime({ backend: "native" }).then(() => null, String);

describe.skipIf(nativeFailure !== null)("devices of the native runtime", () => {
  it.each<[Device, RegExp]>([
    ["cuda", /^device "cuda": .*(install\.js --onnxruntime-node-install|has none on|NVIDIA GPU)/s],
    ["webgpu", /^device "webgpu": .*(Vulkan|has none on)/s],
  ])("%s: runs, or the error says what is missing", async (device, message) => {
    const runtime = await loadRuntime({ backend: "native" });
    const result = await measurePlacement(runtime, softmaxOfProduct(), feeds, { device }).catch(
      (error: unknown) => error,
    );
    if (result instanceof Error) {
      expect(result).toBeInstanceOf(EnvironmentError);
      expect(result.message).toMatch(message);
    } else {
      expect(result).toMatchObject({
        device,
        nodes: [{ opType: "MatMul" }, { opType: "Softmax" }],
      });
    }
  });

  it("lists the nodes of a graph and what ran them", async () => {
    const runtime = await loadRuntime({ backend: "native" });
    const placement = await measurePlacement(runtime, softmaxOfProduct(), feeds);
    const provider = "CPUExecutionProvider";
    expect(placement.nodes).toEqual([
      { name: "MatMulc", opType: "MatMul", provider },
      { name: "Softmaxy", opType: "Softmax", provider },
    ]);
    expect(describePlacement(summarizePlacement(placement))).toBe("cpu ran 2 of 2 nodes");
  });
});

describe("the Wasm runtime in Node", () => {
  it("refuses other devices and tells how to get the native runtime", async () => {
    const runtime = await loadRuntime({ backend: "wasm" });
    const creation = runtime.createSession(softmaxOfProduct(), { device: "webgpu" });
    await expect(creation).rejects.toThrow(
      new EnvironmentError(
        'device "webgpu": it needs the native runtime, and this is WebAssembly; try: ' +
          `npm install --ignore-scripts onnxruntime-node@${ORT_VERSION}`,
      ),
    );
  });

  it("refuses to profile", async () => {
    const runtime = await loadRuntime({ backend: "wasm" });
    await expect(measurePlacement(runtime, softmaxOfProduct(), feeds)).rejects.toThrow(
      "profiles are written by onnxruntime-node, not onnxruntime-web",
    );
  });
});

describe("loadRuntime", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("gives the same runtime when it is asked again", async () => {
    expect(await loadRuntime({ backend: "wasm" })).toBe(await loadRuntime({ backend: "wasm" }));
  });

  it("follows USHER_RUNTIME, unless the caller names a backend", async () => {
    vi.stubEnv("USHER_RUNTIME", "wasm");
    expect(await loadRuntime()).toMatchObject({ name: "onnxruntime-web", fallbackReason: null });
    vi.stubEnv("USHER_RUNTIME", "native");
    expect(await loadRuntime({ backend: "wasm" })).toMatchObject({ name: "onnxruntime-web" });
  });

  it("refuses another value of USHER_RUNTIME", async () => {
    vi.stubEnv("USHER_RUNTIME", "gpu");
    const expected = new InputError('USHER_RUNTIME: expected "native" or "wasm", got "gpu"');
    await expect(loadRuntime()).rejects.toThrow(expected);
  });
});

describe("summarizePlacement", () => {
  it("counts the nodes that fell back to the CPU", () => {
    const placed = (opType: string, provider: string) => ({ name: "n", opType, provider });
    const nodes = [
      placed("MatMul", "WebGpuExecutionProvider"),
      placed("BitwiseXor", "CPUExecutionProvider"),
      placed("Erf", "CPUExecutionProvider"),
      placed("Erf", "CPUExecutionProvider"),
    ];
    const summary = summarizePlacement({ device: "webgpu", nodes });
    expect(summary).toEqual({ device: "webgpu", numNodes: 4, onCpu: { Erf: 2, BitwiseXor: 1 } });
    expect(describePlacement(summary)).toBe(
      "webgpu ran 1 of 4 nodes; on the CPU instead: Erf 2, BitwiseXor 1",
    );
  });
});

describe("constants that repeat what another file says", () => {
  it("the probe is the model y = x", () => {
    const vector = { dtype: "float32", shape: [1] } as const;
    const expected = encodeModel({
      graphName: "g",
      inputs: [{ name: "x", ...vector }],
      outputs: [{ name: "y", ...vector }],
      initializers: [],
      nodes: [node("Identity", ["x"], ["y"])],
      metadata: {},
    });
    expect(probeModel()).toEqual(Uint8Array.from(expected));
  });

  it("package.json pins the tested version", () => {
    expect(manifest.dependencies["onnxruntime-web"]).toBe(ORT_VERSION);
    expect(manifest.devDependencies["onnxruntime-node"]).toBe(ORT_VERSION);
  });
});
