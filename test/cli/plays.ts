/**
 * Data of one's own, made: UUIDs, no titles, no ratings. Everyone watches the films in one circle,
 * from some place on, so that what comes next is certain.
 */
import { randomUUID } from "node:crypto";
import { createRandom } from "../../src/common/random.ts";

/** What tells Usher the columns. */
export const playsColumns: readonly string[] = [
  ...["--user-column", "viewer"],
  ...["--item-column", "film"],
  ...["--time-column", "at"],
];

export interface Plays {
  readonly films: readonly string[];
  readonly viewers: readonly string[];
  /** The file. */
  readonly csv: string;
}

/** @param historyLength - how many films each viewer has watched. */
export function makePlays(numViewers: number, numFilms: number, historyLength: number): Plays {
  const random = createRandom(3, "plays");
  const films = Array.from({ length: numFilms }, () => randomUUID());
  const viewers = Array.from({ length: numViewers }, () => randomUUID());
  const rows = viewers.flatMap((viewer) => {
    const first = random.nextInt(numFilms);
    return Array.from({ length: historyLength }, (_, i) => {
      return `${viewer},${films[(first + i) % numFilms]},${1_700_000_000 + i * 60}`;
    });
  });
  return { films, viewers, csv: `viewer,film,at\n${rows.join("\n")}\n` };
}
