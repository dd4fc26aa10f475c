/**
 * The data for an evaluation: read as for the model's training, and refused where the model has
 * seen the targets.
 */
import { InputError } from "../common/errors.ts";
import type { LoadOptions, PreparationRecord } from "../data/dataset.ts";
import type { ModelManifest, SplitRecord } from "../models/bundle-format.ts";
import { type Learnt, lineageOf } from "../models/lineage.ts";
import { type PreparedData, prepareData } from "../recipes/prepare-data.ts";
import { minimumsOf } from "./data-options.ts";

/**
 * Prepares data as the bundle records it.
 * @param given - what takes the place of the recorded choices; columns and format go together.
 */
export async function prepareAsRecorded(
  manifest: ModelManifest,
  paths: readonly string[],
  given: LoadOptions,
): Promise<PreparedData> {
  const [recorded] = manifest.data.preparations;
  const preparation = {
    ...minimumsOf(given, recorded),
    onlyShareableTitles:
      manifest.data.onlyShareableTitles && paths.length === manifest.data.names.length,
    heldOutYears: manifest.data.heldOutYears ?? null,
  };
  const { format, userColumn, itemColumn, ratingColumn, timeColumn } = given;
  const columns = { format, userColumn, itemColumn, ratingColumn, timeColumn };
  const isGiven = Object.values(columns).some((value) => value !== undefined);
  return prepareData(
    paths,
    { preparation },
    {
      ...(isGiven ? columns : recordedColumns(recorded)),
      strict: given.strict ?? recorded.duplicates === "refused",
    },
  );
}

function recordedColumns({ format, columns }: PreparationRecord): LoadOptions {
  if (columns === null) return {};
  const { user, item, rating, time } = columns;
  return {
    format,
    userColumn: user ?? undefined,
    itemColumn: item ?? undefined,
    ratingColumn: rating ?? undefined,
    timeColumn: time ?? undefined,
  };
}

/**
 * Makes sure that no target was trained on, as far as can be known; data that are not the model's
 * own are only remarked upon.
 * @param used - how the data are split now.
 * @throws InputError when the model has, or may have, trained on the targets.
 */
export function requireUnseen(
  manifest: ModelManifest,
  data: PreparedData,
  used: SplitRecord,
): void {
  const learnt = lineageOf(manifest);
  if (!learnt.some((one) => isShared(one, data))) {
    const names = learnt.flatMap((one) => one.data.names).join(", ");
    process.stderr.write(
      `usher: ${data.names.join(", ")} is not what ${manifest.name} was trained on (${names})\n`,
    );
    return;
  }
  for (const one of learnt) requireUnseenBy(one, data, used);
}

function isShared({ data: trained }: Learnt, data: PreparedData): boolean {
  return (
    data.fingerprint === trained.fingerprint ||
    data.names.some(
      (set, index) =>
        trained.names.includes(set) || trained.fingerprints.includes(data.fingerprints[index]),
    )
  );
}

function requireUnseenBy(learnt: Learnt, data: PreparedData, used: SplitRecord): void {
  const { name, data: trained, split } = learnt;
  if (!isShared(learnt, data)) return;
  const isSame = data.fingerprint === trained.fingerprint;
  if (split.kind === "none") {
    throw new InputError(
      `evaluate: ${name} was trained on all of ${trained.names.join(", ")}, these targets included; ` +
        "evaluate a model of the same recipe that was trained with a split",
    );
  }
  if (!isSame) {
    throw new InputError(
      `evaluate: ${name} was trained on ${describe(trained.names, trained.fingerprint)}, got ` +
        `${describe(data.names, data.fingerprint)}, so these targets may be among what it was ` +
        "trained on; give the same data, prepared alike, each set by a --data of its own",
    );
  }
  if (JSON.stringify(split) === JSON.stringify(used)) return;
  throw new InputError(
    `evaluate: ${name} was trained with the split ${JSON.stringify(split)}, so targets of ` +
      `${JSON.stringify(used)} may be among what it was trained on; compare models of one split`,
  );
}

function describe(names: readonly string[], fingerprint: string): string {
  return `${names.join(", ")} with fingerprint ${fingerprint.slice(0, 12)}`;
}
