/**
 * How long work in the main thread hears Ctrl-C.
 */
import { setImmediate } from "node:timers/promises";
import { InterruptedError } from "./errors.ts";

/**
 * Ends the work where `signal` asks for it. Lets the event loop turn first: while it stands still,
 * nobody hears Ctrl-C.
 * @param message - how far the work was and how to go on.
 * @throws InterruptedError after `signal`.
 */
export async function heedInterruption(
  signal: AbortSignal | undefined,
  message: string,
): Promise<void> {
  // Twice: the turn that ends here has looked for what came in already.
  await setImmediate();
  await setImmediate();
  if (signal?.aborted) throw new InterruptedError(message);
}
