/**
 * `training.jsonl`: one line for each epoch, of what was learnt and how long it took.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { describeWriteFailure } from "../common/files.ts";

export interface LogLine {
  readonly epoch: number;
  /** Updates made so far. */
  readonly step: number;
  /** The mean over the epoch's steps. */
  readonly loss: number;
  /** Of the epoch's last step. */
  readonly learningRate: number;
  /** Tokens read in this epoch, padding not counted. */
  readonly numTokens: number;
  /** What was measured after this epoch, by name; null where nothing was. */
  readonly validation: Readonly<Record<string, number>> | null;
  readonly best: { readonly epoch: number; readonly value: number } | null;
  /** While the epoch was trained; its validation is not counted. */
  readonly tokensPerSecond: number;
  /** Since the training began, pauses not counted. */
  readonly seconds: number;
}

/** A line as it stands in the file. */
export interface WrittenLine extends LogLine {
  /** The most memory that the process, resumed or not, has taken so far. */
  readonly peakMemoryBytes: number;
}

/** An open log. */
export interface TrainingLog {
  append(line: LogLine): void;
  /** Drops what was written after a checkpoint, to be written again. */
  truncate(numBytes: number): void;
  numBytes(): number;
  close(): void;
}

/** The keys whose values differ between two runs of the same training. */
export const TIME_KEYS: readonly string[] = ["tokensPerSecond", "seconds", "peakMemoryBytes"];

/** @throws EnvironmentError when the file cannot be opened or, later, written. */
export function openTrainingLog(path: string): TrainingLog {
  const orRefuse = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw new EnvironmentError(describeWriteFailure(path, error), { cause: error });
    }
  };
  const file = orRefuse(() => openSync(path, "a"));
  const numBytes = (): number => fstatSync(file).size;
  return {
    append: (line) => {
      const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
      orRefuse(() => {
        // Unlike writeSync it goes on when the disk takes only a part.
        writeFileSync(file, `${JSON.stringify({ ...line, peakMemoryBytes })}\n`);
        fsyncSync(file);
      });
    },
    truncate: (length) => {
      if (numBytes() < length) {
        throw new InputError(
          `${path}: expected at least ${length} bytes, got ${numBytes()}; it is not the log of this checkpoint, start the training again in another folder`,
        );
      }
      orRefuse(() => ftruncateSync(file, length));
    },
    numBytes,
    close: () => closeSync(file),
  };
}

/** The lines of a log. @throws InputError when one is not JSON. */
export function readTrainingLog(path: string): WrittenLine[] {
  return parseTrainingLog(readFileSync(path, "utf8"), path);
}

/** @param path - for messages. @throws InputError when a line is not JSON. */
export function parseTrainingLog(text: string, path: string): WrittenLine[] {
  const lines = text.split("\n").filter(Boolean);
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
