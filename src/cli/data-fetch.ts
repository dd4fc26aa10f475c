/**
 * `usher data fetch NAME`: an official MovieLens archive, checked.
 */
import type { Command } from "commander";
import { type Progress, startProgress } from "../common/progress.ts";
import { ARCHIVES, parseChecksum } from "../data/fetch/archives.ts";
import type { ReportBytes } from "../data/fetch/download.ts";
import { type FetchedArchive, fetchArchive } from "../data/fetch/fetch-archive.ts";

interface Flags {
  readonly out: string;
  readonly mirror?: string;
  readonly checksum?: string;
}

/** Adds `fetch` to the commands of `usher data`. */
export function registerDataFetch(command: Command): void {
  command
    .command("fetch")
    .description("download an official MovieLens archive, or go on with an unfinished download")
    .argument("<name>", ARCHIVES.map((archive) => archive.name).join(", "))
    .option("--out <dir>", "the folder that takes NAME.zip", ".")
    .option("--mirror <url>", "a folder on another server that holds the same archives")
    .option("--checksum <checksum>", 'expect this one, as "md5:…" or "sha256:…"')
    .action(fetchCommand);
}

async function fetchCommand(name: string, flags: Flags): Promise<void> {
  const bar = startBar(`fetching ${name}`);
  try {
    const fetched = await fetchArchive(name, {
      folder: flags.out,
      baseUrl: flags.mirror,
      checksum: flags.checksum === undefined ? undefined : parseChecksum(flags.checksum),
      onProgress: bar.report,
    });
    bar.stop();
    process.stdout.write(describeFetched(fetched));
  } finally {
    bar.stop();
  }
}

/** A bar that starts when the server has said how much there is. */
function startBar(label: string): { report: ReportBytes; stop: () => void } {
  let progress: Progress | undefined;
  const toMegabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;
  return {
    report: (done, total) => {
      if (total === null) return;
      progress ??= startProgress(label, toMegabytes(total), "MB");
      progress.update(toMegabytes(done));
    },
    stop: () => progress?.stop(),
  };
}

/** What is there now, and how sure it is that these are the publisher's bytes. */
export function describeFetched(fetched: FetchedArchive): string {
  const { path, sizeBytes, checksum, wasPresent } = fetched;
  const megabytes = (sizeBytes / 1e6).toFixed(1);
  const certainty = checksum.isConfirmed
    ? "as expected"
    : "as others recorded it; nobody confirmed it with the publisher";
  return [
    `${path}: ${megabytes} MB${wasPresent ? ", was there already" : ""}`,
    `${checksum.algorithm} ${checksum.digest}, ${certainty}`,
    "Read the licence inside: research use, no commercial use, no endorsement by GroupLens; most of",
    "these sets may not be passed on. The archive can be given to --data as it is.",
    "",
  ].join("\n");
}
