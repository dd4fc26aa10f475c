/**
 * `npm run bench -- recommend`: how long one waits for `usher recommend`, from a cold start on the
 * native and the Wasm runtime and inside a process that is already running.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { InputError } from "../src/common/errors.ts";
import { createRandom } from "../src/common/random.ts";
import { DEFAULT_MODEL_FOLDER, loadModel } from "../src/models/bundle.ts";
import { recommend } from "../src/models/recommend.ts";
import { median } from "./sides.ts";

export interface RecommendOptions {
  /** Cold starts of each runtime. Default: 7. */
  readonly rounds?: number;
  /** The folder of a model. Default: the one that comes with Usher. */
  readonly model?: string;
  /** Called with a line about each start. */
  readonly onStep?: (line: string) => void;
}

export interface ColdStart {
  readonly runtime: "native" | "wasm";
  readonly medianSeconds: number;
  readonly seconds: readonly number[];
  readonly peakBytes: number;
  /** The most that it may take. */
  readonly barSeconds: number;
}

export interface RecommendResult {
  readonly coldStarts: readonly ColdStart[];
  /** Of one recommendation in process, on one thread, from a history of 50 films. */
  readonly inProcess: { readonly p50Ms: number; readonly p95Ms: number; readonly barMs: number };
}

const run = promisify(execFile);

const program = resolve("dist/cli/main.js");
const bars = { native: 1, wasm: 1.5 } as const;

export async function benchRecommend(options: RecommendOptions = {}): Promise<RecommendResult> {
  if (!existsSync(program)) throw new InputError(`${program} is missing; run: npm run build`);
  const { rounds = 7, model = DEFAULT_MODEL_FOLDER, onStep = () => {} } = options;
  const coldStarts: ColdStart[] = [];
  for (const runtime of ["native", "wasm"] as const) {
    coldStarts.push(await benchColdStart(runtime, model, rounds, onStep));
  }
  return { coldStarts, inProcess: await benchInProcess(model) };
}

async function benchColdStart(
  runtime: ColdStart["runtime"],
  model: string,
  rounds: number,
  onStep: (line: string) => void,
): Promise<ColdStart> {
  const ids = (await drawHistories(model, 1, 3))[0];
  const command = [program, "recommend", "--model", model, "--json", "--id", ...ids];
  const env = { ...process.env, USHER_RUNTIME: runtime };
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await run(process.execPath, command, { env });
    seconds.push((performance.now() - started) / 1000);
    onStep(`cold, ${runtime}: ${seconds[round].toFixed(2)} s`);
  }
  // Apart, because asking takes time as well.
  const hook = resolve("bench/report-memory.js");
  const { stderr } = await run(process.execPath, ["--import", hook, ...command], { env });
  const peakBytes = Number(stderr.trim().split("\n").at(-1));
  const medianSeconds = median(seconds);
  return { runtime, medianSeconds, seconds, peakBytes, barSeconds: bars[runtime] };
}

const HISTORY_LENGTH = 50;
const WARM_UPS = 20;
const REQUESTS = 300;

async function benchInProcess(folder: string): Promise<RecommendResult["inProcess"]> {
  const histories = await drawHistories(folder, WARM_UPS + REQUESTS, HISTORY_LENGTH);
  const model = await loadModel(folder, { backend: "native", numThreads: 1 });
  try {
    const times: number[] = [];
    for (const history of histories) {
      const started = performance.now();
      await recommend(model, history);
      times.push(performance.now() - started);
    }
    const sorted = times.slice(WARM_UPS).sort((a, b) => a - b);
    return { p50Ms: median(sorted), p95Ms: sorted[Math.floor(0.95 * REQUESTS)], barMs: 3 };
  } finally {
    await model.dispose();
  }
}

/** Item ids of made-up histories, the same in every run. */
async function drawHistories(folder: string, count: number, length: number): Promise<string[][]> {
  const model = await loadModel(folder);
  const random = createRandom(1, "bench", "recommend");
  const drawOne = (): string => model.catalog[random.nextInt(model.catalog.length)].itemId;
  const histories = Array.from({ length: count }, () => Array.from({ length }, drawOne));
  await model.dispose();
  return histories;
}

/** The result for people. */
export function formatRecommend({ coldStarts, inProcess }: RecommendResult): string {
  const starts = coldStarts.map(({ runtime, medianSeconds, peakBytes, barSeconds }) => {
    const memory = `${(peakBytes / 1e6).toFixed(0)} MB`;
    return `recommend, cold, ${runtime}: ${medianSeconds.toFixed(2)} s (bar ${barSeconds}), ${memory}\n`;
  });
  const { p50Ms, p95Ms, barMs } = inProcess;
  const times = `p50 ${p50Ms.toFixed(2)} ms (bar ${barMs}), p95 ${p95Ms.toFixed(2)} ms`;
  return `${starts.join("")}recommend, in process, one thread, history of ${HISTORY_LENGTH}: ${times}\n`;
}
