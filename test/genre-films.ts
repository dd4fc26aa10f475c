/**
 * Films of two genres, and viewers who watch one of them: what to recommend of films that nobody
 * has watched follows from their genres.
 */
import { createRandom } from "../src/common/random.ts";

export const NUM_FILMS = 24;

/** Even films are comedies, odd ones westerns. */
export const genreOf = (film: number): string => (film % 2 === 0 ? "Comedy" : "Western");

/** The last four came out in 2020, the others before. */
export const yearOf = (film: number): number => (film < NUM_FILMS - 4 ? 2000 + (film % 10) : 2020);

/** Files as MovieLens has them; even users watch comedies. @param withNewest - those of 2020 too. */
export function genreFiles(numUsers: number, withNewest = true): Record<string, string> {
  const random = createRandom(5, "genre-films");
  const films = Array.from({ length: NUM_FILMS }, (_, film) => film);
  const ratings = Array.from({ length: numUsers }, (_, user) => {
    const own = films.filter(
      (film) => film % 2 === user % 2 && (withNewest || yearOf(film) < 2020),
    );
    for (let i = own.length - 1; i > 0; i--) {
      const j = random.nextInt(i + 1);
      [own[i], own[j]] = [own[j], own[i]];
    }
    return own.slice(0, 8).map((film, i) => `${user + 1},${film + 1},4,${1_600_000_000 + i * 60}`);
  });
  const lines = films.map(
    (film) => `${film + 1},Film ${film + 1} (${yearOf(film)}),${genreOf(film)}`,
  );
  return {
    "ratings.csv": `userId,movieId,rating,timestamp\n${ratings.flat().join("\n")}\n`,
    "movies.csv": `movieId,title,genres\n${lines.join("\n")}\n`,
  };
}

/** A recipe that learns this within seconds. */
export const genreRecipe = {
  formatVersion: 1,
  name: "genres",
  model: {
    ...{ kind: "sasrec", embeddingDim: 16, numBlocks: 1, numHeads: 2, maxLength: 10 },
    ...{ dropoutRate: 0.2, feedForwardDim: 32, content: true },
  },
  split: { kind: "leave-one-out" },
  stages: [{ epochs: 12, windowLength: 10 }],
  batchSize: 16,
  optimizer: { learningRate: 0.01 },
  schedule: { kind: "constant" },
  validation: null,
} as const;
