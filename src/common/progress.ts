/**
 * Progress bars on stderr: drawn on a terminal, silent everywhere else.
 */
import { SingleBar } from "cli-progress";

/** Takes the bar of a piece of work away when it ends; the first call tells how much there is. */
export async function withProgress<T>(
  label: string,
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
  unit?: string,
): Promise<T> {
  let progress: Progress | undefined;
  try {
    return await work((done, total) => {
      progress ??= startProgress(label, total, unit);
      progress.update(done);
    });
  } finally {
    progress?.stop();
  }
}

/** One piece of long work. */
export interface Progress {
  /** Moves to `done` units; `note` is a short text at the end of the line. */
  update(done: number, note?: string): void;
  /** Takes the bar away. Safe to call twice. */
  stop(): void;
}

/**
 * @param label - what is being done, e.g. "reading ml-1m".
 * @param total - how many units make the whole.
 * @param unit - what one unit is, e.g. "rows".
 */
export function startProgress(label: string, total: number, unit = ""): Progress {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  const format = `${label} {bar} {percentage}% {value}/{total} ${unit} {eta_formatted} {note}`;
  const bar = new SingleBar({
    format,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 24,
    etaBuffer: 50,
  });
  bar.start(total, 0, { note: "" });
  return {
    update: (done, note = "") => bar.update(done, { note }),
    stop: () => bar.stop(),
  };
}
