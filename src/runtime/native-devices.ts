/**
 * What the native runtime's devices beside the CPU need, and how to get it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { NativeModule } from "./load-native.ts";
import type { Device } from "./session.ts";

const needs: Record<Exclude<Device, "cpu">, string> = {
  cuda: "it needs an NVIDIA GPU with its driver, CUDA 12 and cuDNN 9",
  webgpu:
    "it needs a GPU with a driver for Vulkan (Linux, e.g. Debian's mesa-vulkan-drivers), " +
    "Direct3D 12 (Windows) or Metal (macOS)",
};

/** What a device needs. */
export function needsOf(device: Device): string {
  return device === "cpu" ? "" : `${needs[device]}; or use device "cpu"`;
}

/** Why the installed package cannot run on a device, and the way out; null where it may be tried. */
export function nativeObjectionTo(native: NativeModule, device: Device): string | null {
  const { ort, folder, binaries } = native;
  const backend = ort.listSupportedBackends().find(({ name }) => name === device);
  if (backend === undefined) {
    const others = ort.listSupportedBackends().map(({ name }) => `"${name}"`);
    return `onnxruntime-node has none on ${process.platform}-${process.arch}; it has ${others.join(", ")}`;
  }
  // CUDA's files are left out of the package: they are too large for the npm registry.
  const isAbsent =
    device === "cuda" &&
    process.platform === "linux" &&
    !existsSync(join(binaries, "libonnxruntime_providers_cuda.so"));
  if (!isAbsent) return null;
  const script = join(folder, "script", "install.js");
  return (
    "its files are not installed; fetch them (a few hundred MB from api.nuget.org) with\n" +
    `  node ${script} --onnxruntime-node-install\n${needsOf("cuda")}`
  );
}
