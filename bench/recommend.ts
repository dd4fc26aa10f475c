/**
 * `npm run bench -- recommend`: how long one waits for `usher recommend`, from a cold start on the
 * native and the Wasm runtime and inside a process that is already running.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { InputError } from "../src/common/errors.ts";
import { createRandom, shuffle } from "../src/common/random.ts";
import { createTitleIndex, describeFilm, findFilm } from "../src/data/films/title-index.ts";
import { DEFAULT_MODEL_FOLDER, loadModel } from "../src/models/bundle.ts";
import type { LoadedModel } from "../src/models/loaded-model.ts";
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
  /** The most memory that the process held. */
  readonly peakBytes: number;
  /** The most that either may be. */
  readonly bars: { readonly seconds: number; readonly peakBytes: number };
}

export interface RecommendResult {
  readonly coldStarts: readonly ColdStart[];
  /** Of one recommendation in process, on one thread, from a history of 50 films. */
  readonly inProcess: { readonly p50Ms: number; readonly p95Ms: number; readonly barMs: number };
}

const run = promisify(execFile);

const program = resolve("dist/cli/main.js");
const bars = {
  native: { seconds: 1, peakBytes: 300e6 },
  wasm: { seconds: 1.5, peakBytes: 300e6 },
} as const;

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
  const command = [program, "recommend", ...(await drawTitles(model, 3)), "--model", model];
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
  return { runtime, medianSeconds, seconds, peakBytes, bars: bars[runtime] };
}

const HISTORY_LENGTH = 50;
const WARM_UPS = 20;
const REQUESTS = 300;

async function benchInProcess(folder: string): Promise<RecommendResult["inProcess"]> {
  const model = await loadModel(folder, { backend: "native", numThreads: 1 });
  const histories = drawHistories(model, WARM_UPS + REQUESTS, HISTORY_LENGTH);
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
function drawHistories({ catalog }: LoadedModel, count: number, length: number): string[][] {
  const random = createRandom(1, "bench", "recommend");
  const drawOne = (): string => catalog[random.nextInt(catalog.length)].itemId;
  return Array.from({ length: count }, () => Array.from({ length }, drawOne));
}

/** Films as people type them, the same in every run; those that share title and year are left out. */
async function drawTitles(folder: string, count: number): Promise<string[]> {
  const { catalog, dispose } = await loadModel(folder);
  await dispose();
  const titles = createTitleIndex(catalog);
  const named = catalog.filter((film) => findFilm(titles, describeFilm(film)).kind === "found");
  if (named.length < count)
    throw new InputError(`${folder}: the films of this model have no titles`);
  return shuffle(named, createRandom(1, "bench", "titles"))
    .slice(0, count)
    .map(describeFilm);
}

/** The result for people. */
export function formatRecommend({ coldStarts, inProcess }: RecommendResult): string {
  const starts = coldStarts.map(({ runtime, medianSeconds, peakBytes, bars }) => {
    const time = `${medianSeconds.toFixed(2)} s (bar ${bars.seconds})`;
    const memory = `${(peakBytes / 1e6).toFixed(0)} MB (bar ${bars.peakBytes / 1e6})`;
    return `recommend, cold, ${runtime}: ${time}, peak memory ${memory}\n`;
  });
  const { p50Ms, p95Ms, barMs } = inProcess;
  const times = `p50 ${p50Ms.toFixed(2)} ms (bar ${barMs}), p95 ${p95Ms.toFixed(2)} ms`;
  return `${starts.join("")}recommend, in process, one thread, history of ${HISTORY_LENGTH}: ${times}\n`;
}
