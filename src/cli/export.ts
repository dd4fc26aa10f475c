/**
 * `usher export --model DIR --out FILE`: a model as one ONNX file for other programs.
 */
import type { Command } from "commander";
import { writeFileAtomic } from "../common/files.ts";
import { formatBytes } from "../common/memory.ts";
import { exportOnnx } from "../models/export-onnx.ts";
import { addExamples } from "./flags.ts";

interface Flags {
  readonly model?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** Adds `export` to the program. */
export function registerExport(program: Command): void {
  const command = program
    .command("export")
    .description(
      "Write a model as one ONNX file in the operators of the standard (domain ai.onnx). Inputs, " +
        "outputs and metadata are documented in docs/export.md.",
    )
    .option("--model <dir>", "the folder of a model (default: the one that comes with Usher)")
    .requiredOption("--out <file>", "the file to write")
    .option("--json", "print one JSON object")
    .action(exportCommand);
  addExamples(command, "export --out usher.onnx", "export --model out/mine --out mine.onnx --json");
}

async function exportCommand({ model, out, json }: Flags): Promise<void> {
  const { graph, metadata } = await exportOnnx(model);
  await writeFileAtomic(out, graph);
  const name = metadata["usher.name"];
  process.stdout.write(
    json
      ? `${JSON.stringify({ model: name, out, sizeBytes: graph.length })}\n`
      : `${out}: ${name}, ${formatBytes(graph.length)}\n`,
  );
}
