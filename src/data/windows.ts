/**
 * Long histories cut into sequences a model can read.
 */
import type { Random } from "../common/random.ts";
import type { Interactions } from "./interactions.ts";

/** The rows `start <= row < end` of one user. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** Fewer items than this say nothing about what comes next. */
const SHORTEST_WINDOW = 5;

/** The last `length` interactions of every user: one window each. */
export function lastWindows({ offsets }: Interactions, length: number): Window[] {
  const windows: Window[] = [];
  for (let u = 0; u + 1 < offsets.length; u++) {
    const end = offsets[u + 1];
    const start = Math.max(offsets[u], end - length);
    if (end > start) windows.push({ start, end });
  }
  return windows;
}

/**
 * The whole history of every user, tiled with windows from its end. Where a history is longer than
 * one window, the first tile has a random length, so that the borders lie elsewhere in every epoch.
 */
export function tiledWindows({ offsets }: Interactions, length: number, random: Random): Window[] {
  const windows: Window[] = [];
  for (let u = 0; u + 1 < offsets.length; u++) {
    const first = offsets[u];
    let end = offsets[u + 1];
    let size = end - first > length ? random.nextInt(length) : length;
    while (end > first) {
      const start = Math.max(first, end - size);
      const isLong = end - start >= SHORTEST_WINDOW || end - first === end - start;
      if (isLong && end > start) windows.push({ start, end });
      end = start;
      size = length;
    }
  }
  return windows;
}
