/**
 * The one place that turns errors into what a shell sees: a line on stderr and an exit code.
 */
import { inspect } from "node:util";
import { CommanderError } from "commander";
import { InputError, InterruptedError, UsherError } from "../common/errors.ts";

/**
 * Says on stderr what went wrong; with USHER_DEBUG=1 where, and what caused it.
 * @returns 0 after help that was asked for, 2 where the caller or the data are at fault, 130 after
 *   an interruption, else 1.
 */
export function reportFailure(error: unknown): number {
  // commander has printed its own.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`usher: ${describe(error)}\n`);
  if (process.env.USHER_DEBUG === "1") process.stderr.write(`${inspect(error)}\n`);
  if (error instanceof InputError) return 2;
  return error instanceof InterruptedError ? 130 : 1;
}

function describe(error: unknown): string {
  if (error instanceof UsherError) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  return `internal: ${text}; this is a fault of Usher, USHER_DEBUG=1 tells where`;
}
