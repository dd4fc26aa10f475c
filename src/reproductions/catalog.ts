/**
 * The reproductions by name. A figure stands in their tables only with its source; where none is
 * known the list is empty, and the table says so.
 */
import { InputError } from "../common/errors.ts";
import { sasrecAmazon } from "./catalog/amazon.ts";
import { bert4recHalfHistory, bert4recMl1m, bert4recUniform100 } from "./catalog/bert4rec.ts";
import { byTime } from "./catalog/by-time.ts";
import { informativeEncoder } from "./catalog/informative-encoder.ts";
import { sasrecMl1m } from "./catalog/sasrec.ts";
import type { Reproduction } from "./reproduction.ts";

/** What can be reproduced. */
export const REPRODUCTIONS: readonly Reproduction[] = [
  bert4recMl1m,
  bert4recHalfHistory,
  bert4recUniform100,
  sasrecMl1m,
  sasrecAmazon,
  byTime,
  informativeEncoder,
];

/** @throws InputError that lists the names, where there is none such. */
export function findReproduction(name: string): Reproduction {
  const found = REPRODUCTIONS.find((reproduction) => reproduction.name === name);
  if (found) return found;
  const names = REPRODUCTIONS.map((reproduction) => reproduction.name).join(", ");
  throw new InputError(`reproduce: expected one of ${names}, got "${name}"`);
}
