/**
 * Which rows a model may learn from, and which are held out to measure it.
 */
import { InternalError } from "../common/errors.ts";
import type { Interactions } from "./interactions.ts";
import { type NextFilmsSplit, trainableInteractions } from "./next-films.ts";

/** How a split was made, as recorded in `model.json`. */
export type SplitKind = "leave-one-out" | "half-history" | "by-user" | "by-time" | "none";

/**
 * A split names rows of `interactions`. The model learns from `offsets[u] <= row < trainEnds[u]`
 * of each user `u`. A held-out row is a target: its item is to be predicted from the rows of the
 * same user before it.
 */
export interface Split {
  readonly kind: SplitKind;
  /** Of a split by time: the shares of all interactions at which validation and test begin. */
  readonly cuts?: readonly [number, number];
  /** Everything: training and held-out rows. */
  readonly interactions: Interactions;
  /** Where each user's training rows end: `[U]`. */
  readonly trainEnds: Uint32Array;
  /** The rows on which settings are chosen, ascending. */
  readonly validation: Uint32Array;
  /** The rows that are read once, at the end, ascending. */
  readonly test: Uint32Array;
}

/** A split of any task. */
export type AnySplit = Split | NextFilmsSplit;

/** @throws InternalError for a task of its own, whose targets are no single rows. */
export function requireRows(split: AnySplit): Split {
  if (split.kind !== "next-films") return split;
  throw new InternalError("a next-films split has no rows that are targets one by one");
}

/** Training and held-out rows. */
export function allInteractions(split: AnySplit): Interactions {
  return split.kind === "next-films" ? split.task.interactions : split.interactions;
}

/** The training rows alone, with the same users and items. */
export function trainingInteractions(split: AnySplit): Interactions {
  if (split.kind === "next-films") return trainableInteractions(split);
  const { interactions, trainEnds } = split;
  const { offsets } = interactions;
  const newOffsets = new Uint32Array(offsets.length);
  for (let u = 0; u < trainEnds.length; u++) {
    newOffsets[u + 1] = newOffsets[u] + trainEnds[u] - offsets[u];
  }
  const total = newOffsets[trainEnds.length];
  const items = new Uint32Array(total);
  const ratings = interactions.ratings && new Float32Array(total);
  const timestamps = interactions.timestamps && new Float64Array(total);
  const gaps = interactions.gaps && new Float64Array(total);
  for (let u = 0; u < trainEnds.length; u++) {
    const from = offsets[u];
    const to = trainEnds[u];
    items.set(interactions.items.subarray(from, to), newOffsets[u]);
    ratings?.set(interactions.ratings?.subarray(from, to) ?? [], newOffsets[u]);
    timestamps?.set(interactions.timestamps?.subarray(from, to) ?? [], newOffsets[u]);
    gaps?.set(interactions.gaps?.subarray(from, to) ?? [], newOffsets[u]);
  }
  return { ...interactions, offsets: newOffsets, items, ratings, timestamps, gaps };
}
