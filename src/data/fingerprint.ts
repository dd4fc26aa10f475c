/**
 * A name for prepared data that changes with any of it.
 */
import { createHash } from "node:crypto";
import type { Interactions } from "./interactions.ts";

/** The sha256 of ids and arrays, in hexadecimal; the arrays little-endian, as on every machine we run on. */
export function fingerprintOf(interactions: Interactions): string {
  const { userIds, itemIds, offsets, items, ratings, timestamps } = interactions;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([userIds.length, itemIds.length, items.length]));
  for (const ids of [userIds, itemIds]) hash.update(JSON.stringify(ids));
  for (const array of [offsets, items, ratings, timestamps]) {
    hash.update(
      array === null ? "none" : new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
  }
  return hash.digest("hex");
}
