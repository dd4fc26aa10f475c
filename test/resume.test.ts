/**
 * A training that is stopped, however it is stopped, ends as if it had not been: weights, optimizer
 * state and log are equal to the last bit. Runs the built code, in processes that are killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, type FSWatcher, watch } from "node:fs";
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sha256File } from "../src/common/files.ts";
import { createRandom, type Random } from "../src/common/random.ts";
import { loadCheckpoint } from "../src/training/checkpoint.ts";
import { TIME_KEYS } from "../src/training/training-log.ts";
import { mainFile } from "./cli/run-usher.ts";
import { hasSmallDisk, smallDisk } from "./small-disk.ts";

/** Everything that could go wrong is on. */
const recipe = {
  formatVersion: 1,
  name: "tiny",
  model: {
    kind: "bert4rec",
    embeddingDim: 32,
    numBlocks: 1,
    numHeads: 2,
    maxLength: 30,
    dropoutRate: 0.2,
    normPlacement: "post",
    hasHead: false,
  },
  split: { kind: "leave-one-out" },
  masking: { probability: 0.2, lastProbability: 0.5, randomShare: 0.1, keptShare: 0.1 },
  stages: [
    { epochs: 3, windowLength: 10 },
    { epochs: 117, windowLength: 30 },
  ],
  batchSize: 16,
  accumulation: 2,
  optimizer: { learningRate: 0.02, weightDecay: 0.01, maxGradientNorm: 5, averageDecay: 0.98 },
  schedule: { kind: "constant", warmupSteps: 20 },
  validation: { metric: "ndcg@10", everyEpochs: 2, patience: 3 },
  seed: 3,
};

const NUM_ITEMS = 100;

/** Histories of 3 to 70 items, most of them a walk from neighbour to neighbour. */
function walks(): string {
  const random = createRandom(1, "walks");
  const lines: string[] = [];
  for (let user = 0; user < 240; user++) {
    let item = random.nextInt(NUM_ITEMS);
    const length = 3 + Math.floor(67 * random.next() ** 2);
    for (let i = 0; i < length; i++) {
      lines.push(`u${user} i${item}`);
      item = random.next() < 0.7 ? (item + 1) % NUM_ITEMS : random.nextInt(NUM_ITEMS);
    }
  }
  return `${lines.join("\n")}\n`;
}

let folder: string;
let data: string;
let reference: string;
/** From its process to the first step of a training. */
let secondsToStart: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "usher-resume-"));
  data = join(folder, "walks.txt");
  reference = join(folder, "reference");
  await writeFile(data, walks());
  await writeFile(join(folder, "recipe.json"), JSON.stringify(recipe));
  const run = start(reference, { checkpointSeconds: 3600, resume: false });
  const began = performance.now();
  await logThere(reference);
  secondsToStart = (performance.now() - began) / 1000;
  expect(await run.ended).toEqual({ code: 0, signal: null, stderr: "" });
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null; stderr: string }>;
}

function launch(args: readonly string[]): Run {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  const ended = new Promise<Awaited<Run["ended"]>>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
  return { child, ended };
}

/** Trains with a checkpoint every few steps. */
function start(out: string, options: object = {}): Run {
  const runner = fileURLToPath(new URL("./run-training.js", import.meta.url));
  const common = {
    recipe,
    data: [data],
    load: { format: "sequence" },
    resources: { numThreads: 2 },
  };
  const own = { out, resume: true, checkpointSeconds: 0.02 };
  return launch([runner, JSON.stringify({ ...common, ...own, ...options })]);
}

const train = (out: string, ...flags: string[]): Run =>
  launch([
    ...[mainFile, "train", join(folder, "recipe.json"), "--data", data, "--format", "sequence"],
    ...["--threads", "2", "--out", out, ...flags],
  ]);

/** All that must be equal in the end. */
async function outcome(out: string): Promise<object> {
  const times = [...TIME_KEYS, "epochSeconds", "logBytes"];
  const withoutTimes = (value: object): object =>
    Object.fromEntries(Object.entries(value).filter(([key]) => !times.includes(key)));
  const log = await readFile(join(out, "training.jsonl"), "utf8");
  const { runtime, position, vectors } = JSON.parse(
    await readFile(join(out, "checkpoint", "checkpoint.json"), "utf8"),
  );
  return {
    log: log
      .trimEnd()
      .split("\n")
      .map((line) => JSON.stringify(withoutTimes(JSON.parse(line)))),
    runtime,
    position: withoutTimes(position),
    // Weights, both moments, average and the best weights.
    vectors: await sha256File(join(out, "checkpoint", vectors.file)),
    recorded: vectors.sha256,
    model: await sha256File(join(out, "bundle", "model.onnx")),
  };
}

/** What a checkpoint is written in, one after the other. */
const stages = {
  "vectors begun": /^vectors.*\.tmp$/,
  "vectors there": /^vectors.*\.safetensors$/,
  "index begun": /^checkpoint\.json\..*\.tmp$/,
  "index there": /^checkpoint\.json$/,
};

/**
 * Kills before the first step, or while or after a checkpoint is written: one of the next few, so
 * that the twentieth kill comes before the end.
 */
async function killSomewhere({ child, ended }: Run, out: string, random: Random): Promise<boolean> {
  const kill = (): boolean => child.kill("SIGKILL");
  const checkpoints = join(out, "checkpoint");
  let watcher: FSWatcher | null = null;
  if (random.nextInt(5) === 0) setTimeout(kill, random.next() * secondsToStart * 1000);
  else {
    const pattern = Object.values(stages)[random.nextInt(4)];
    let wanted = 1 + random.nextInt(8);
    const pauseMs = random.nextInt(3);
    while (!existsSync(checkpoints) && child.exitCode === null) await sleep(5);
    watcher = watch(checkpoints, (event, name) => {
      if (event !== "rename" || !pattern.test(name ?? "") || --wanted > 0) return;
      if (pauseMs === 0) kill();
      else setTimeout(kill, pauseMs);
    });
  }
  const { signal, stderr } = await ended;
  watcher?.close();
  expect(stderr).toBe("");
  return signal === "SIGKILL";
}

/** Whether the folder holds anything but one whole checkpoint. */
async function isHalfWritten(out: string): Promise<boolean> {
  const names = await readdir(join(out, "checkpoint")).catch(() => []);
  return names.length > 0 && names.length !== 2;
}

const logThere = async (out: string): Promise<void> => {
  while (!existsSync(join(out, "training.jsonl"))) await sleep(5);
};

const checkpointThere = async (out: string): Promise<void> => {
  while (!existsSync(join(out, "checkpoint", "checkpoint.json"))) await sleep(5);
};

describe("a training that was stopped", () => {
  it("was not stopped by chance: the recipe stops early, after twenty checkpoints at least", async () => {
    const lines = (await readFile(join(reference, "training.jsonl"), "utf8")).trimEnd().split("\n");
    const last = JSON.parse(lines[lines.length - 1]);
    expect(last.epoch).toBe(last.best.epoch + 6);
    expect(last.epoch).toBeLessThan(120);
    expect(last.step).toBeGreaterThan(300);
  });

  it("by kill -9, twenty times, ends as if it had not been", { timeout: 1_800_000 }, async () => {
    const out = join(folder, "killed");
    const random = createRandom(20, "kills");
    let kills = 0;
    let killsWhileWriting = 0;
    while (kills < 20 || killsWhileWriting < 4) {
      const wasKilled = await killSomewhere(start(out), out, random);
      if (!wasKilled) break;
      kills++;
      if (await isHalfWritten(out)) killsWhileWriting++;
      // Whatever the moment, what is there can be read.
      await loadCheckpoint(join(out, "checkpoint"));
    }
    expect(kills).toBeGreaterThanOrEqual(20);
    expect(killsWhileWriting).toBeGreaterThanOrEqual(4);
    expect(await start(out).ended).toEqual({ code: 0, signal: null, stderr: "" });
    expect(await outcome(out)).toEqual(await outcome(reference));
    const names = (await readdir(out)).sort();
    expect(names).toEqual(["bundle", "checkpoint", "report.html", "run.json", "training.jsonl"]);
  });

  it("by Ctrl-C says so, exits with 130, and ends as if it had not been", {
    timeout: 600_000,
  }, async () => {
    const out = join(folder, "interrupted");
    const run = train(out);
    await logThere(out);
    run.child.kill("SIGINT");
    const { code, stderr } = await run.ended;
    expect(stderr).toBe(
      `usher: stopped; ${join(out, "checkpoint")} goes on from here with --resume\n`,
    );
    expect(code).toBe(130);
    expect(await train(out, "--resume").ended).toEqual({ code: 0, signal: null, stderr: "" });
    expect(await outcome(out)).toEqual(await outcome(reference));
  });

  it.skipIf(!hasSmallDisk)(
    "by a full disk keeps its last checkpoint and goes on when there is room",
    { timeout: 600_000 },
    async () => {
      const out = join(smallDisk(16 * 2 ** 20), "run");
      const run = start(out);
      await checkpointThere(out);
      const filler = join(out, "..", "filler");
      let isRunning = true;
      const ended = run.ended.finally(() => {
        isRunning = false;
      });
      while (isRunning) {
        await appendFile(filler, new Uint8Array(2 ** 20)).catch(() => sleep(5));
      }
      const { code, stderr } = await ended;
      expect(stderr).toMatch(
        /^EnvironmentError: .*: the disk is full; free some space and run it again\n$/,
      );
      expect(code).toBe(1);
      expect(await loadCheckpoint(join(out, "checkpoint"))).not.toBe(null);
      await rm(filler);
      expect(await start(out).ended).toEqual({ code: 0, signal: null, stderr: "" });
      expect(await outcome(out)).toEqual(await outcome(reference));
    },
  );
});

describe("a folder in which a training began", () => {
  it("has one writer at a time, and the next need not wait for one that was killed", {
    timeout: 600_000,
  }, async () => {
    const out = join(folder, "shared");
    const first = start(out);
    await checkpointThere(out);
    const second = await start(out).ended;
    expect(second.stderr).toBe(
      `EnvironmentError: ${out}: process ${first.child.pid} trains here; wait for it to end or choose another --out\n`,
    );
    expect(second.code).toBe(1);
    first.child.kill("SIGKILL");
    await first.ended;
    const third = train(out, "--resume");
    const ownLock = `writer-${third.child.pid}-`;
    while (!(await readdir(out)).some((name) => name.startsWith(ownLock))) await sleep(5);
    third.child.kill("SIGINT");
    expect((await third.ended).code).toBe(130);
  });

  it("is refused to a new training, and to another recipe, data or environment", {
    timeout: 600_000,
  }, async () => {
    const refusal = async (run: Run): Promise<string> => {
      const { code, stderr } = await run.ended;
      expect(code).toBe(2);
      return stderr;
    };
    const out = join(folder, "copied");
    await cp(reference, out, { recursive: true });
    const before = await outcome(out);
    expect(await refusal(train(out))).toBe(
      `usher: --out ${out}: not empty; go on with --resume, or choose another folder\n`,
    );
    expect(await refusal(train(out, "--resume", "--seed", "4"))).toContain(
      "cannot resume, recipe.seed was 3 and is 4; resume as it was begun, or start anew",
    );
    expect(await refusal(train(out, "--resume", "--threads", "1"))).toContain(
      "cannot resume, environment.numThreads was 2 and is 1",
    );
    await writeFile(data, `${walks()}u0 i0\n`);
    expect(await refusal(train(out, "--resume"))).toContain("cannot resume, data.fingerprint was");
    await writeFile(data, walks());
    expect(await outcome(out)).toEqual(before);
  });
});
