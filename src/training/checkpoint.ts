/**
 * Checkpoints: everything a training needs to go on as if it had never stopped. A checkpoint is a
 * `checkpoint.json` and the vectors it names; the JSON is written last, so that at every moment the
 * folder holds one whole checkpoint or none. `docs/checkpoint-format.md` specifies it.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EnvironmentError, InputError } from "../common/errors.ts";
import { describeWriteFailure, sha256, writeFileAtomic } from "../common/files.ts";
import { parseVersionedJson } from "../common/versioned-json.ts";
import { decodeSafetensors, encodeSafetensors, type NamedVectors } from "./safetensors.ts";

export const CHECKPOINT_FORMAT_VERSION = 1;

/** Where the training stood. Random numbers need no state: they are functions of seed and step. */
const positionSchema = z.object({
  /** Updates made so far. */
  step: z.number().int().nonnegative(),
  /** The epoch that is under way, from 1. */
  epoch: z.number().int().positive(),
  /** Steps of it that are done. */
  stepInEpoch: z.number().int().nonnegative(),
  /** The sum of their losses, and how many tokens they read. */
  lossSum: z.number(),
  numTokens: z.number().int().nonnegative(),
  /** Seconds that they took. */
  epochSeconds: z.number().nonnegative(),
  /** The best validation so far. */
  best: z.object({ epoch: z.number().int().positive(), value: z.number() }).nullable(),
  /** Bytes of `training.jsonl` that belong to this checkpoint; what follows is written again. */
  logBytes: z.number().int().nonnegative(),
  /** Seconds of work before this checkpoint. */
  seconds: z.number().nonnegative(),
});

export type Position = z.infer<typeof positionSchema>;

const checkpointSchema = z.object({
  formatVersion: z.literal(CHECKPOINT_FORMAT_VERSION),
  /** Whose sums these are: "onnxruntime-node 1.30.0". Another one rounds differently. */
  runtime: z.string(),
  position: positionSchema,
  vectors: z.object({
    file: z.string().regex(/^[\w-]+\.safetensors$/, "expected a plain file name"),
    sha256: z.string(),
  }),
});

/** All that a checkpoint holds. */
export interface Checkpoint {
  readonly runtime: string;
  readonly position: Position;
  readonly vectors: NamedVectors;
}

const INDEX = "checkpoint.json";

/**
 * Replaces the checkpoint in a folder.
 * @throws EnvironmentError when the disk is full; the checkpoint that was there stays.
 */
export async function saveCheckpoint(
  folder: string,
  { runtime, position, vectors }: Checkpoint,
): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new EnvironmentError(describeWriteFailure(folder, error), { cause: error });
  });
  const bytes = encodeSafetensors(vectors);
  const file = `vectors-${position.step}-${position.logBytes}.safetensors`;
  await writeFileAtomic(join(folder, file), bytes);
  const index = {
    formatVersion: CHECKPOINT_FORMAT_VERSION,
    runtime,
    position,
    vectors: { file, sha256: sha256(bytes) },
  };
  await writeFileAtomic(join(folder, INDEX), `${JSON.stringify(index, null, 2)}\n`);
  await removeOthers(folder, file);
}

/** Older vectors, and what a killed process left half-written. */
async function removeOthers(folder: string, file: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const isOurs = /^vectors-.*\.safetensors$|\.tmp$/.test(name);
    if (isOurs && name !== file) await rm(join(folder, name), { force: true });
  }
}

/**
 * @returns null when the folder holds no checkpoint.
 * @throws InputError when it is damaged or of a newer version.
 */
export async function loadCheckpoint(folder: string): Promise<Checkpoint | null> {
  const path = join(folder, INDEX);
  const text = await readFile(path, "utf8").catch(nullIfMissing);
  if (text === null) return null;
  const { runtime, position, vectors } = parseIndex(text, path);
  const vectorsPath = join(folder, vectors.file);
  const bytes = await readFile(vectorsPath).catch(nullIfMissing);
  if (bytes === null) {
    throw new InputError(`${vectorsPath}: missing, though ${path} names it; ${remedy}`);
  }
  const digest = sha256(bytes);
  if (digest !== vectors.sha256) {
    throw new InputError(
      `${vectorsPath}: damaged: expected sha256 ${vectors.sha256}, got ${digest}; ${remedy}`,
    );
  }
  return { runtime, position, vectors: decodeSafetensors(bytes, vectorsPath) };
}

const remedy = "start the training again in another folder";

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
  throw new EnvironmentError(`${error.path}: could not be read (${error.message})`, {
    cause: error,
  });
}

function parseIndex(text: string, path: string): z.infer<typeof checkpointSchema> {
  const value = parseVersionedJson(text, path, CHECKPOINT_FORMAT_VERSION, remedy);
  const parsed = checkpointSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InputError(`${path}: ${z.prettifyError(parsed.error)}\n${remedy}`);
}
