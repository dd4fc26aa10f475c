/**
 * `training.jsonl`: one line for each epoch, of what was learnt and how long it took.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { truncate } from "node:fs/promises";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { describeWriteFailure } from "../common/files.ts";

export interface LogLine {
  readonly epoch: number;
  /** Updates made so far. */
  readonly step: number;
  /** The mean over the epoch's steps. */
  readonly loss: number;
  readonly learningRate: number;
  /** Tokens read in this epoch, padding not counted. */
  readonly numTokens: number;
  readonly validation: Readonly<Record<string, number>> | null;
  readonly best: { readonly epoch: number; readonly value: number } | null;
  /** Since the training began, pauses not counted. */
  readonly seconds: number;
}

/** An open log. */
export interface TrainingLog {
  append(line: LogLine): void;
  /** Drops what was written after a checkpoint, to be written again. */
  truncate(numBytes: number): Promise<void>;
  numBytes(): number;
  close(): void;
}

/** The keys whose values differ between two runs of the same training. */
export const TIME_KEYS: readonly string[] = ["seconds", "peakMemoryBytes"];

export function openTrainingLog(path: string): TrainingLog {
  const file = openSync(path, "a");
  return {
    append: (line) => {
      const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
      try {
        writeSync(file, `${JSON.stringify({ ...line, peakMemoryBytes })}\n`);
        fsyncSync(file);
      } catch (error) {
        throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
      }
    },
    truncate: (numBytes) => truncate(path, numBytes),
    numBytes: () => fstatSync(file).size,
    close: () => closeSync(file),
  };
}

/** The lines of a log. @throws InputError when one is not JSON. */
export function readTrainingLog(path: string): (LogLine & { readonly peakMemoryBytes: number })[] {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return lines.map((line, index) => {
    try {
      return JSON.parse(line);
    } catch (error) {
      throw new InputError(`${path}: line ${index + 1}: not JSON: ${line.slice(0, 80)}`, {
        cause: error,
      });
    }
  });
}
