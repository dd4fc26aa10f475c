/**
 * `npm run bench -- profile`: where the time of a training step goes, by kind of operator and by
 * place in the model, as ONNX Runtime's own profiler saw it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InputError } from "../src/common/errors.ts";
import { median } from "./sides.ts";
import { createOurStep, STEP_CASES } from "./step-case.ts";

/** What the nodes of one kind or one place take in a run. */
export interface Share {
  readonly name: string;
  readonly milliseconds: number;
  readonly numNodes: number;
}

export interface Profile {
  /** The sum of all nodes, in milliseconds; the run takes longer by what lies between them. */
  readonly total: number;
  readonly byOperator: readonly Share[];
  readonly byPlace: readonly Share[];
}

/** An entry of ONNX Runtime's file; times are in microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}

const NODE_SUFFIX = "_kernel_time";

/** Steps that are profiled; the first few lay out memory, and medians do not mind. */
const STEPS = 12;

/**
 * @param caseName - one of `train-step`'s shapes.
 * @returns a profile of each session, the gradient first.
 */
export async function profileTrainStep(caseName: string): Promise<Profile[]> {
  const stepCase = STEP_CASES.find(({ name }) => name === caseName);
  if (stepCase === undefined) {
    const names = STEP_CASES.map(({ name }) => name).join(", ");
    throw new InputError(`profile: expected one of ${names}, got "${caseName}"`);
  }
  const folder = mkdtempSync(join(tmpdir(), "usher-profile-"));
  try {
    const ours = await createOurStep(stepCase, { profilePrefix: join(folder, "profile") });
    for (let i = 0; i < STEPS; i++) await ours.step();
    await ours.dispose();
    const profiles = readdirSync(folder).map((file) => readProfile(join(folder, file)));
    return profiles.sort((a, b) => b.total - a.total);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Reads a file that a session with `profilePrefix` wrote. */
export function readProfile(path: string): Profile {
  const events = JSON.parse(readFileSync(path, "utf8")) as TraceEvent[];
  const runsOf = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (event.cat !== "Node" || !event.name.endsWith(NODE_SUFFIX)) continue;
    const runs = runsOf.get(event.name) ?? [];
    runs.push(event);
    runsOf.set(event.name, runs);
  }
  const nodes = [...runsOf].map(([name, runs]) => ({
    operator: runs[0].args.op_name ?? "?",
    place: placeOf(name.slice(0, -NODE_SUFFIX.length)),
    milliseconds: median(runs.map(({ dur }) => dur)) / 1000,
  }));
  return {
    total: nodes.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    byOperator: sumBy(nodes, ({ operator }) => operator),
    byPlace: sumBy(nodes, ({ place }) => place),
  };
}

/** A node is called by its place, its operator and ONNX's: "block0/attention/matmul/MatMul_31". */
function placeOf(nodeName: string): string {
  return nodeName.split("/").slice(0, -2).join("/") || "(elsewhere)";
}

function sumBy<T extends { readonly milliseconds: number }>(
  nodes: readonly T[],
  nameOf: (node: T) => string,
): Share[] {
  const shares = new Map<string, Share>();
  for (const node of nodes) {
    const name = nameOf(node);
    const { milliseconds = 0, numNodes = 0 } = shares.get(name) ?? {};
    shares.set(name, {
      name,
      milliseconds: milliseconds + node.milliseconds,
      numNodes: numNodes + 1,
    });
  }
  return [...shares.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

/** The result for people. */
export function formatProfiles(profiles: readonly Profile[]): string {
  const table = (shares: readonly Share[]): string =>
    shares
      .filter(({ milliseconds }) => milliseconds >= 0.05)
      .map(({ name, milliseconds, numNodes }) => {
        const time = milliseconds.toFixed(1).padStart(8);
        return `${time} ms  ${String(numNodes).padStart(5)} nodes  ${name}\n`;
      })
      .join("");
  return profiles
    .map(({ total, byOperator, byPlace }) => {
      return `${total.toFixed(1)} ms in nodes\n${table(byOperator)}\n${table(byPlace)}`;
    })
    .join("\n");
}
