/**
 * Where the nodes of a graph run, read from a profile of one run: a device has kernels for some
 * operators only, and ONNX Runtime quietly runs the others on the CPU, copying both ways.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Device, Runtime, SessionOptions, Values } from "./session.ts";

/** One node of the compiled graph: optimization may have fused or added nodes. */
export interface PlacedNode {
  readonly name: string;
  /** The operator, e.g. "MatMul". */
  readonly opType: string;
  /** ONNX Runtime's name of what ran it, e.g. "CPUExecutionProvider". */
  readonly provider: string;
}

export interface Placement {
  readonly device: Device;
  readonly nodes: readonly PlacedNode[];
}

/** How much of a graph a device ran. A type, not an interface: bundles keep it as JSON. */
export type PlacementSummary = {
  readonly device: Device;
  readonly numNodes: number;
  /** How many nodes of each operator the CPU ran instead, the most frequent first. */
  readonly onCpu: Readonly<Record<string, number>>;
};

/**
 * Compiles the graph for `options.device`, runs it once and looks up what ran each node.
 * @param runtime - a native one: WebAssembly writes no profiles.
 * @throws EnvironmentError when the device is not there, or the runtime cannot profile.
 */
export async function measurePlacement(
  runtime: Runtime,
  model: Uint8Array,
  feeds: Values,
  options: SessionOptions = {},
): Promise<Placement> {
  const folder = await mkdtemp(join(tmpdir(), "usher-profile-"));
  try {
    const profilePrefix = join(folder, "profile");
    const session = await runtime.createSession(model, { ...options, profilePrefix });
    await session.run(feeds).finally(() => session.dispose());
    const [file] = await readdir(folder);
    const events = JSON.parse(await readFile(join(folder, file), "utf8")) as ProfileEvent[];
    return { device: options.device ?? "cpu", nodes: toPlacedNodes(events) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The part of an event of ONNX Runtime's profile (Chrome's trace format) that is read here. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

const kernelSuffix = "_kernel_time";

function toPlacedNodes(events: readonly ProfileEvent[]): PlacedNode[] {
  return events
    .filter((event) => event.cat === "Node" && event.name.endsWith(kernelSuffix))
    .map(({ name, args }) => ({
      name: name.slice(0, -kernelSuffix.length),
      opType: args?.op_name ?? "unknown",
      provider: args?.provider ?? "unknown",
    }));
}

/** Counts the nodes that fell back to the CPU; on the device "cpu" none did. */
export function summarizePlacement({ device, nodes }: Placement): PlacementSummary {
  const counts = new Map<string, number>();
  for (const { opType, provider } of nodes) {
    if (device === "cpu" || provider !== "CPUExecutionProvider") continue;
    counts.set(opType, (counts.get(opType) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { device, numNodes: nodes.length, onCpu: Object.fromEntries(sorted) };
}

/** One line, e.g. `webgpu ran 30 of 33 nodes; on the CPU instead: Erf 2, BitwiseXor 1`. */
export function describePlacement({ device, numNodes, onCpu }: PlacementSummary): string {
  const fallen = Object.entries(onCpu);
  const numFallen = fallen.reduce((sum, [, count]) => sum + count, 0);
  const ran = `${device} ran ${numNodes - numFallen} of ${numNodes} nodes`;
  if (numFallen === 0) return ran;
  return `${ran}; on the CPU instead: ${fallen.map((entry) => entry.join(" ")).join(", ")}`;
}
