/**
 * Two or more sides of a benchmark in turn, so that what else the machine does hits them alike.
 */

/** Who is measured. */
export interface Side {
  readonly name: string;
  /** Does the work some times and returns how long each took. */
  measure(): Promise<readonly number[]>;
}

/** The times of one side over all rounds. */
export interface Measured {
  readonly name: string;
  readonly median: number;
  /** In the order in which they were taken. */
  readonly times: readonly number[];
}

/** What a benchmark of several sides found in one case. */
export interface Comparison {
  readonly name: string;
  /** In the benchmark's unit of time; ours is the first. */
  readonly sides: readonly Measured[];
  /** Our median over that of the peer; null without it. */
  readonly ratio: number | null;
  /** The most that the ratio may be. */
  readonly bar: number;
  readonly versions: readonly string[];
  readonly note: string | null;
}

/** For people: a line for each case. */
export function formatComparisons(
  benchmark: string,
  comparisons: readonly Comparison[],
  formatTime: (time: number) => string,
): string {
  return comparisons
    .map(({ name, sides, ratio, bar, note }) => {
      const times = sides.map((side) => `${side.name} ${formatTime(side.median)}`).join(", ");
      const verdict = ratio === null ? note : `ratio ${ratio.toFixed(2)} (bar ${bar})`;
      return `${benchmark} ${name}: ${times}; ${verdict}\n`;
    })
    .join("");
}

/** A moment in which the threads of the side before go to sleep. */
const PAUSE_MS = 200;

/** @param onRound - called after each turn with the side and its times. */
export async function takeTurns(
  sides: readonly Side[],
  rounds: number,
  onRound: (side: string, times: readonly number[]) => void,
): Promise<Measured[]> {
  const times = new Map(sides.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure } of sides) {
      const taken = await measure();
      times.get(name)?.push(...taken);
      onRound(name, taken);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  return [...times].map(([name, all]) => ({ name, median: median(all), times: all }));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
