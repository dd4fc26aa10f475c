/**
 * `npm run bench -- prepare`: a file of 25 million ratings into the arrays that training reads,
 * by us and by pandas, in turn, each in a process of its own.
 *
 * The file has the shape of MovieLens 25M, whose ratings may not be passed on: as many users and
 * items, a power law in both, half stars, no duplicates, rows shuffled. It is generated once.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { InternalError } from "../src/common/errors.ts";
import { findPeerPython, PEERS_MISSING } from "./peer.ts";
import { median } from "./sides.ts";

/** How the benchmark runs. */
export interface PrepareBenchOptions {
  /** How often each side runs; 3 by default. */
  readonly rounds?: number;
  /** Takes the generated file; git ignores it. */
  readonly folder?: string;
  /** Called with a line about each step. */
  readonly onStep?: (line: string) => void;
}

/** One side's numbers: of the whole process, from start to end. */
export interface Side {
  readonly seconds: readonly number[];
  readonly medianSeconds: number;
  /** The highest of all rounds. */
  readonly peakBytes: number;
  /** The median of the processor time: what a busy machine does not change much. */
  readonly cpuSeconds: number;
}

/** What came out. */
export interface PrepareBenchResult {
  /** The shape of the file. */
  readonly users: number;
  readonly items: number;
  readonly rows: number;
  readonly ours: Side;
  /** The most that our median time and our peak memory may be. */
  readonly bars: { readonly seconds: number; readonly peakBytes: number };
  /** Null where pandas is not installed; `note` says so. */
  readonly pandas: Side | null;
  /** Our median time over that of pandas. */
  readonly ratio: number | null;
  readonly note: string | null;
}

const users = 162_541;
const items = 59_047;
const rows = 25_000_095;

const bars = { seconds: 30, peakBytes: 2e9 };

const run = promisify(execFile);

/** Lets Node 20 read TypeScript; as `node --import` takes it. */
const typescript = pathToFileURL(resolve("scripts/register-typescript.js")).href;

/** Runs the benchmark. Call it from the repository's root. */
export async function benchPrepare(options: PrepareBenchOptions = {}): Promise<PrepareBenchResult> {
  const { rounds = 3, folder = resolve("out/bench-prepare"), onStep = () => {} } = options;
  await mkdir(folder, { recursive: true });
  const file = await generateRatings(folder, onStep);
  const python = await findPandas();
  const commands = [[process.execPath, "--import", typescript, resolve("bench/prepare-child.ts")]];
  if (python !== null) commands.push([python, resolve("bench/peers/prepare_pandas.py")]);
  const runs: Measured[][] = commands.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [side, [command, ...args]] of commands.entries()) {
      const measured = await measure(command, [...args, file]);
      runs[side].push(measured);
      onStep(`${side === 0 ? "ours" : "pandas"}: ${formatRun(measured)}`);
    }
  }
  checkEqual(runs.flat());
  const [ours, pandas = null] = runs.map(summarize);
  return {
    users,
    items,
    rows,
    ours,
    bars,
    pandas,
    ratio: pandas && ours.medianSeconds / pandas.medianSeconds,
    note: pandas ? null : PEERS_MISSING,
  };
}

/** The result for people. */
export function formatPrepareBench(result: PrepareBenchResult): string {
  const { ours, bars, pandas, ratio, note } = result;
  return (
    `prepare: ${result.rows.toLocaleString("en-US")} ratings from CSV to arrays, whole process\n` +
    describeSide("usher", ours, bars) +
    (pandas && ratio
      ? `${describeSide("pandas", pandas)}ratio   ${ratio.toFixed(2)}\n`
      : `${note}\n`)
  );
}

function describeSide(name: string, side: Side, bars?: PrepareBenchResult["bars"]): string {
  const barOf = (bar: number | undefined): string => (bar === undefined ? "" : ` (bar ${bar})`);
  return (
    `${name.padEnd(7)} median ${side.medianSeconds.toFixed(1)} s${barOf(bars?.seconds)} ` +
    `of ${side.seconds.map((s) => s.toFixed(1)).join(", ")}; ` +
    `processor ${side.cpuSeconds.toFixed(1)} s; ` +
    `peak memory ${(side.peakBytes / 1e9).toFixed(2)} GB${barOf(bars && bars.peakBytes / 1e9)}\n`
  );
}

/** One run of one side. */
interface Measured {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly cpuSeconds: number;
  readonly checksum: number;
}

async function measure(command: string, args: readonly string[]): Promise<Measured> {
  const start = performance.now();
  const { stdout } = await run(command, args);
  const seconds = (performance.now() - start) / 1000;
  const { peakBytes, cpuSeconds, checksum, ...shape } = JSON.parse(stdout);
  if (shape.users !== users || shape.items !== items || shape.rows !== rows) {
    throw new InternalError(
      `${command} read ${JSON.stringify(shape)}, expected ${JSON.stringify({ users, items, rows })}`,
    );
  }
  return { seconds, peakBytes, cpuSeconds, checksum };
}

function checkEqual(runs: readonly Measured[]): void {
  const checksums = new Set(runs.map(({ checksum }) => checksum));
  if (checksums.size === 1) return;
  throw new InternalError(`the arrays differ between runs: checksums ${[...checksums].join(", ")}`);
}

function summarize(runs: readonly Measured[]): Side {
  const seconds = runs.map((measured) => measured.seconds);
  return {
    seconds,
    medianSeconds: median(seconds),
    peakBytes: Math.max(...runs.map((measured) => measured.peakBytes)),
    cpuSeconds: median(runs.map((measured) => measured.cpuSeconds)),
  };
}

function formatRun({ seconds, cpuSeconds, peakBytes }: Measured): string {
  const memory = `${(peakBytes / 1e9).toFixed(2)} GB`;
  return `${seconds.toFixed(1)} s, processor ${cpuSeconds.toFixed(1)} s, ${memory}`;
}

/** The Python that has pandas, or null. */
async function findPandas(): Promise<string | null> {
  const python = findPeerPython();
  if (python === null) return null;
  return run(python, ["-c", "import pandas"]).then(
    () => python,
    () => null,
  );
}

/** Writes the file, unless an earlier run did. */
async function generateRatings(folder: string, onStep: (line: string) => void): Promise<string> {
  const file = join(folder, "ratings.csv");
  if (existsSync(file)) return file;
  onStep(`generating ${file}`);
  const instance = await DuckDBInstance.create(":memory:", {
    memory_limit: "4GB",
    temp_directory: join(folder, "spill"),
  });
  const database = await instance.connect();
  try {
    for (const statement of generatingSql()) await database.run(statement);
    await database.run(`COPY ratings TO '${file}.part' (FORMAT csv, HEADER)`);
  } finally {
    database.closeSync();
    instance.closeSync();
  }
  await rename(`${file}.part`, file);
  return file;
}

/** Uniform numbers above 0 and below 1, the same in every run: a hash of the row. */
const uniform = (...key: (string | number)[]): string =>
  `((hash(${key.join(", ")}) % 1000003 + 1) / 1000004.0)`;

/** A Pareto law for the activity of users, a power of a uniform number for the fame of items. */
function generatingSql(): string[] {
  const item = (...key: (string | number)[]): string =>
    `CAST(1 + floor(${items} * power(${uniform(...key)}, 2.6)) AS INTEGER)`;
  return [
    `CREATE TABLE activity AS SELECT CAST(u AS INTEGER) AS u, CAST(least(32000,
       26 * power(${uniform("u", 1)}, -1 / 1.02)) AS INTEGER) AS n
     FROM range(1, ${users + 1}) AS t(u)`,
    // Everyone has a film and every film someone; these rows are the first to be kept.
    `CREATE TABLE pairs AS SELECT u, i, max(needed) AS needed FROM (
       SELECT u, ${item("u", "k", 2)} AS i, false AS needed FROM activity, range(0, n) AS t(k)
       UNION ALL SELECT u, ${item("u", 3)}, true FROM activity
       UNION ALL SELECT CAST(1 + hash(i, 4) % ${users} AS INTEGER), CAST(i AS INTEGER), true
       FROM range(1, ${items + 1}) AS t(i)) GROUP BY u, i`,
    `CREATE TABLE ratings AS SELECT u AS "userId", i AS "movieId",
       (1 + hash(u, i, 5) % 10) / 2 AS rating, 789652009 + hash(u, i, 6) % 784971000 AS timestamp
     FROM (FROM pairs ORDER BY needed DESC, hash(u, i, 7) LIMIT ${rows}) ORDER BY hash(u, i, 8)`,
  ];
}
