#!/usr/bin/env node
/**
 * The command `usher`. A command's code is loaded when it is asked for, so that none waits for
 * what another needs.
 */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { reportFailure } from "./report-failure.ts";

interface LazyCommand {
  readonly name: string;
  /** Shown by `usher --help`, where the commands themselves are not loaded. */
  readonly summary: string;
  /** Adds the command, with its arguments and options. */
  readonly register: (program: Command) => Promise<void>;
}

const commands: readonly LazyCommand[] = [
  {
    name: "recommend",
    summary: "recommend films to someone who has watched some",
    register: async (program) => (await import("./recommend.ts")).registerRecommend(program),
  },
  {
    name: "similar",
    summary: "list films like a film",
    register: async (program) => (await import("./similar.ts")).registerSimilar(program),
  },
  {
    name: "train",
    summary: "train a model on a data set, into a folder",
    register: async (program) => (await import("./train.ts")).registerTrain(program),
  },
  {
    name: "evaluate",
    summary: "measure a model on interactions that it has not seen",
    register: async (program) => (await import("./evaluate.ts")).registerEvaluate(program),
  },
  {
    name: "reproduce",
    summary: "measure the model of a published table again",
    register: async (program) => (await import("./reproduce.ts")).registerReproduce(program),
  },
  {
    name: "catalog",
    summary: "add films to a model without training it",
    register: async (program) => (await import("./catalog.ts")).registerCatalog(program),
  },
  {
    name: "export",
    summary: "write a model as one ONNX file for other programs",
    register: async (program) => (await import("./export.ts")).registerExport(program),
  },
  {
    name: "data",
    summary: "fetch data sets and look into them",
    register: async (program) => (await import("./data.ts")).registerData(program),
  },
];

/** @param args - what follows `usher` on the command line. */
async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command("usher")
    .description("Movie recommendations you can train, query and run.")
    .version(readVersion())
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "usher: ")),
    })
    .addHelpText("after", "\nusher <command> --help tells more, with examples.");
  const named = args[0] === "help" ? args[1] : args[0];
  for (const { name, summary, register } of commands) {
    if (name === named) await register(program);
    else program.command(name).description(summary);
  }
  return program;
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return JSON.parse(manifest).version;
}

// Whoever reads our output may have seen enough, as `head` does: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  const args = process.argv.slice(2);
  await (await createProgram(args)).parseAsync(args, { from: "user" });
} catch (error) {
  process.exitCode = reportFailure(error);
}
