/**
 * `npm run bench -- NAME [--json]`: speed, side by side with a peer. See bench/README.md.
 */
import { cpus, release, type } from "node:os";
import { Argument, Command } from "commander";
import { wholeNumber } from "../src/cli/flags.ts";
import { reportFailure } from "../src/cli/report-failure.ts";

interface Flags {
  readonly json?: boolean;
  readonly rounds?: number;
  readonly compile?: boolean;
  readonly model?: string;
  readonly shape?: string;
  readonly target?: number;
  readonly data?: string;
}

/** What a benchmark found: for programs, and for people. */
interface Outcome {
  readonly result: unknown;
  readonly text: string;
}

/** A line on stderr about what is being done. */
function onStep(line: string): void {
  process.stderr.write(`${line}\n`);
}

// Imported when asked for: each loads much that the others do not need.
const benchmarks: Readonly<Record<string, (flags: Flags) => Promise<Outcome>>> = {
  "train-step": async ({ rounds, compile: isCompiledToo }) => {
    const { benchTrainStep, formatTrainStep } = await import("./train-step.ts");
    const result = await benchTrainStep({ rounds, isCompiledToo, onStep });
    return { result, text: formatTrainStep(result) };
  },
  epoch: async ({ rounds }) => {
    const { benchEpoch, formatEpoch } = await import("./epoch.ts");
    const result = await benchEpoch({ rounds, onStep });
    return { result, text: formatEpoch(result) };
  },
  evaluate: async ({ rounds }) => {
    const { benchEvaluate, formatEvaluateBench } = await import("./evaluate.ts");
    const result = await benchEvaluate({ rounds, onStep });
    return { result, text: formatEvaluateBench(result) };
  },
  prepare: async ({ rounds }) => {
    const { benchPrepare, formatPrepareBench } = await import("./prepare.ts");
    const result = await benchPrepare({ rounds, onStep });
    return { result, text: formatPrepareBench(result) };
  },
  recommend: async ({ rounds, model }) => {
    const { benchRecommend, formatRecommend } = await import("./recommend.ts");
    const result = await benchRecommend({ rounds, model, onStep });
    return { result, text: formatRecommend(result) };
  },
  "train-to": async ({ target, data }) => {
    const { benchTrainTo, formatTrainTo } = await import("./train-to.ts");
    const result = await benchTrainTo({ target, data, onStep });
    return { result, text: formatTrainTo(result) };
  },
  profile: async ({ shape = "d64" }) => {
    const { formatProfiles, profileTrainStep } = await import("./profile.ts");
    const result = await profileTrainStep(shape);
    return { result, text: formatProfiles(result) };
  },
};

function machine(): Record<string, string> {
  const [{ model }] = cpus();
  const processor = `${cpus().length} x ${model.trim()}`;
  return { processor, system: `${type()} ${release()}`, node: process.version };
}

async function runBenchmark(name: string, flags: Flags): Promise<void> {
  const { result, text } = await benchmarks[name](flags);
  const reply = { name, date: new Date().toISOString(), machine: machine(), result };
  process.stdout.write(flags.json ? `${JSON.stringify(reply)}\n` : text);
}

const program = new Command("npm run bench --")
  .addArgument(new Argument("<name>", "what to time").choices(Object.keys(benchmarks)))
  .option("--json", "print one JSON object")
  .option("--rounds <count>", "turns of each side", wholeNumber(1))
  .option("--compile", "train-step: time torch.compile too, which takes minutes to start")
  .option("--model <dir>", "recommend: the folder of a model (default: the one that ships)")
  .option("--shape <name>", "profile: d64, d64-dropout, d256 or sasrec (default: d64)")
  .option("--target <ndcg>", "train-to: the validation nDCG@10 to reach (default: 0.17)", Number)
  .option("--data <folder>", "train-to: the data set (default: ../shared/data/ml-1m-sasrec)")
  .exitOverride()
  .action(runBenchmark);

await program.parseAsync().catch((error: unknown) => {
  process.exitCode = reportFailure(error);
});
