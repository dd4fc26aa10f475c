/**
 * `npm run bench -- train-step`: one training step of BERT4Rec and of SASRec (forward, backward, Adam), by the
 * trainer of `usher train` and by PyTorch, on the same batch.
 */
import { findPeerPython, PEERS_MISSING, type Peer, startPeer } from "./peer.ts";
import {
  type Comparison,
  formatComparisons,
  type Measured,
  type Side,
  takeTurns,
} from "./sides.ts";
import {
  configOf,
  createBatch,
  createOurStep,
  LEARNING_RATE,
  LENGTH,
  type OurStep,
  STEP_CASES,
  type StepCase,
} from "./step-case.ts";

export interface TrainStepOptions {
  /** Turns of each side. Default: 5. */
  readonly rounds?: number;
  /** Whether `torch.compile` is timed too: it needs a C++ compiler and a minute. Default: false. */
  readonly isCompiledToo?: boolean;
  /** Called with a line about each turn. */
  readonly onStep?: (line: string) => void;
}

const STEPS_IN_A_TURN = 4;
const WARM_UP_STEPS = 3;
const COMPILED = "PyTorch, compiled";

/** Milliseconds a step; the ratio is to the faster of PyTorch's two ways to attend. */
export async function benchTrainStep(options: TrainStepOptions = {}): Promise<Comparison[]> {
  const results: Comparison[] = [];
  for (const stepCase of STEP_CASES) results.push(await benchCase(stepCase, options));
  return results;
}

async function benchCase(stepCase: StepCase, options: TrainStepOptions): Promise<Comparison> {
  const { rounds = 5, isCompiledToo = false, onStep = () => {} } = options;
  const { name, bar } = stepCase;
  const ours = await createOurStep(stepCase);
  const peers = await startPeers(stepCase, isCompiledToo);
  try {
    const sides = [ourSide(ours), ...[...peers].map(([side, peer]) => peerSide(side, peer))];
    for (let i = 0; i < WARM_UP_STEPS; i++) await ours.step();
    const measured = await takeTurns(sides, rounds, (side, times) => {
      onStep(`${name}: ${side}: ${times.map((time) => time.toFixed(0)).join(" ")} ms`);
    });
    const versions = [ours, ...peers.values()].map(({ version }) => version);
    const note = peers.size === 0 ? PEERS_MISSING : null;
    return { name, sides: measured, ratio: ratioOf(measured), bar, versions, note };
  } finally {
    for (const peer of peers.values()) peer.stop();
    await ours.dispose();
  }
}

function ratioOf(measured: readonly Measured[]): number | null {
  const [ours, ...peers] = measured.filter(({ name }) => name !== COMPILED);
  return peers.length === 0 ? null : ours.median / Math.min(...peers.map(({ median }) => median));
}

/** The result for people. */
export function formatTrainStep(results: readonly Comparison[]): string {
  return formatComparisons("train-step", results, (time) => `${time.toFixed(0)} ms`);
}

function ourSide(ours: OurStep): Side {
  return {
    name: "usher",
    measure: async () => {
      const times: number[] = [];
      for (let i = 0; i < STEPS_IN_A_TURN; i++) times.push(await ours.step());
      return times;
    },
  };
}

function peerSide(name: string, peer: Peer): Side {
  return {
    name,
    measure: async () => (await peer.ask({ steps: STEPS_IN_A_TURN })).milliseconds as number[],
  };
}

/** By name; warmed up. */
async function startPeers(
  stepCase: StepCase,
  isCompiledToo: boolean,
): Promise<ReadonlyMap<string, Peer>> {
  const python = findPeerPython();
  if (python === null) return new Map();
  const { tokens, positions, targets } = createBatch(stepCase);
  const setup = {
    ...configOf(stepCase),
    dropoutRate: stepCase.dropoutRate,
    length: LENGTH,
    learningRate: LEARNING_RATE,
    tokens: [...tokens],
    positions: [...positions],
    targets: [...targets],
  };
  const ways = new Map([
    ["PyTorch, plain", { attention: "plain", isCompiled: false }],
    ["PyTorch, sdpa", { attention: "sdpa", isCompiled: false }],
  ]);
  if (isCompiledToo) ways.set(COMPILED, { attention: "plain", isCompiled: true });
  const peers = new Map<string, Peer>();
  for (const [name, way] of ways) {
    const peer = await startPeer(python, "train_step.py", { ...setup, ...way });
    peers.set(name, peer);
    await peer.ask({ steps: WARM_UP_STEPS });
  }
  return peers;
}
