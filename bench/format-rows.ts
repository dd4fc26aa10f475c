import type { Interactions } from "../src/data/interactions.ts";

/** Lines `user item`, oldest first, as the peers read them. */
export function formatRows({ offsets, items }: Interactions): string {
  const lines: string[] = [];
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let row = offsets[u]; row < offsets[u + 1]; row++) lines.push(`${u} ${items[row]}`);
  }
  return `${lines.join("\n")}\n`;
}
