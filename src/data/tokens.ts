/**
 * The numbers a sequence model reads: the one place that says where padding and the mask live.
 *
 * 0 is padding, 1 to N are the items (`itemIndex + 1`), N + 1 is the mask.
 */

export const PADDING = 0;

export function toToken(itemIndex: number): number {
  return itemIndex + 1;
}

export function maskToken(numItems: number): number {
  return numItems + 1;
}

/** How many tokens there are without the mask: `N + 1`. */
export function countItemTokens(numItems: number): number {
  return numItems + 1;
}

/** How many tokens there are: `N + 2`. */
export function countTokens(numItems: number): number {
  return numItems + 2;
}
