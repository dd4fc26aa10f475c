/**
 * Measures what a name of the catalog stands for: every row of its table from the weights, and from
 * them alone.
 */
import type { AnySplit } from "../data/split.ts";
import { requireWritableLedger } from "../evaluation/test-ledger.ts";
import { GRAPH_FILE, type ModelManifest } from "../models/bundle-format.ts";
import { describeRows, type TrainingRows } from "../recipes/train.ts";
import type { WrittenLine } from "../training/training-log.ts";
import { type Example, findExamples } from "./examples.ts";
import type { Cases } from "./measure-task.ts";
import {
  type ModelSource,
  type OpenOptions,
  type OpenPart,
  openPart,
  requireNewFolders,
} from "./open-part.ts";
import {
  createTableMemory,
  type LookOptions,
  type ReproducedMeasurement,
  reproduceMeasurement,
} from "./reproduce-measurement.ts";
import { type Part, partName, type Reproduction } from "./reproduction.ts";

export interface ReproduceOptions extends OpenOptions {
  /** The names of the parts to measure. Default: all. */
  readonly only?: readonly string[] | undefined;
  /** The file that lists every look at test rows, if there is one. */
  readonly ledger?: string | undefined;
}

/** A model whose numbers these are. */
export interface ReproducedModel {
  readonly seed: number | null;
  /** Of the code that trained it. */
  readonly commit: string | null;
  readonly rows: TrainingRows;
  /** The sha256 of `model.onnx`. */
  readonly weights: string;
  /** How many numbers it has learnt; null where its bundle does not tell. */
  readonly parameters: number | null;
  /** What training took, with every validation; null where its bundle does not tell. */
  readonly minutes: number | null;
  /** What its best epoch reached on the validation rows; null where nothing was validated. */
  readonly validation: number | null;
  /** What its weights still reach there in 8 bits; null where nothing is rounded. */
  readonly stored: number | null;
}

export interface ReproducedPart {
  readonly recipe: string;
  readonly data: { readonly names: readonly string[]; readonly fingerprint: string };
  /** One for each seed, whose mean is reported. */
  readonly models: readonly ReproducedModel[];
  readonly measurements: readonly ReproducedMeasurement[];
  /** Of the first model. */
  readonly log: readonly WrittenLine[];
  readonly examples: readonly Example[];
}

/** What a reproduction found, as plain data. */
export interface ReproductionResult {
  readonly name: string;
  readonly description: string;
  readonly source: ModelSource["kind"];
  readonly parts: readonly ReproducedPart[];
  /** Those for which there were no weights. */
  readonly missing: readonly Part[];
  /** The names of those that nobody asked for. */
  readonly leftOut: readonly string[];
}

/**
 * @throws InputError when data are missing, a model learnt from others, or a folder is taken.
 * @throws InterruptedError after `signal`.
 */
export async function reproduce(
  { name, description, parts }: Reproduction,
  options: ReproduceOptions,
): Promise<ReproductionResult> {
  const { ledger, source, only } = options;
  const isWanted = (part: Part): boolean => only?.includes(partName(part)) ?? true;
  await requireNewFolders(parts.filter(isWanted), source);
  if (ledger !== undefined) await requireWritableLedger(ledger);
  const done: ReproducedPart[] = [];
  const missing: Part[] = [];
  const casesOf = new Map<string, Cases>();
  const look: LookOptions = { ledger, signal: options.signal, memory: createTableMemory() };
  const isQuick = source.kind === "quick";
  for (const [index, part] of parts.entries()) {
    if (!isWanted(part)) continue;
    // A quick look is one at each recipe.
    const isFirst = parts.findIndex(({ recipe }) => recipe === part.recipe) === index;
    if (isQuick && !isFirst) continue;
    const open = await openPart(part, options);
    if (!open) missing.push(part);
    else {
      try {
        done.push(await reproducePart(part, open, look, casesOf));
      } finally {
        for (const { model } of open.models) await model.dispose();
      }
    }
  }
  const leftOut = parts.filter((part) => !isWanted(part)).map(partName);
  return { name, description, source: source.kind, parts: done, missing, leftOut };
}

async function reproducePart(
  part: Part,
  open: OpenPart,
  look: LookOptions,
  casesOf: Map<string, Cases>,
): Promise<ReproducedPart> {
  const { data, models, recipe } = open;
  const measurements: ReproducedMeasurement[] = [];
  for (const measurement of part.measurements) {
    const keyOf = (name: string): string => JSON.stringify([name, measurement.task]);
    const { against } = part;
    const beside = against === undefined ? undefined : casesOf.get(keyOf(against));
    const other = against !== undefined && beside ? { name: against, cases: beside } : undefined;
    const { measured, cases } = await reproduceMeasurement(measurement, open, look, other);
    measurements.push(measured);
    casesOf.set(keyOf(partName(part)), cases);
  }
  return {
    recipe: recipe.name,
    data: { names: data.names, fingerprint: data.fingerprint },
    models: models.map(({ model, split }) => describeModel(model.manifest, split)),
    measurements,
    log: models[0].log,
    examples: await findExamples(models[0], open),
  };
}

/** What `training` holds where this version of Usher, or an earlier one, wrote it. */
interface TrainingRecord {
  readonly recipe?: { readonly seed?: number };
  readonly commit?: string | null;
  readonly parameters?: number;
  readonly seconds?: number;
  readonly validation?: { readonly value: number } | null;
  readonly stored?: { readonly value: number } | null;
}

function describeModel({ training, files }: ModelManifest, split: AnySplit): ReproducedModel {
  const record = (training ?? {}) as TrainingRecord;
  const { recipe, commit = null, parameters = null, seconds, validation, stored } = record;
  return {
    seed: recipe?.seed ?? null,
    commit,
    rows: describeRows(split),
    weights: files[GRAPH_FILE].sha256,
    parameters,
    minutes: seconds === undefined ? null : seconds / 60,
    validation: validation?.value ?? null,
    stored: stored?.value ?? null,
  };
}
