/**
 * Ranks films of your choice, not the whole catalog, for a viewer whose history you keep: which of
 * tonight's films suits best?
 *
 *   node --import ./scripts/register-typescript.js examples/rank-own-history.ts
 */
import { createTitleIndex, loadModel, requireFilm } from "../src/index.ts";

const watched = ["Toy Story (1995)", "Finding Nemo (2003)", "The Incredibles (2004)"];
const tonight = ["Alien (1979)", "Ratatouille (2007)", "Casablanca (1942)"];

const model = await loadModel();
const index = createTitleIndex(model.catalog);
const items = watched.map((title) => requireFilm(index, title)); // oldest first
const scores = await model.recommender.score([{ items }]); // [1, N]
await model.dispose();

const ranked = tonight
  .map((title) => ({ title, score: scores[requireFilm(index, title)] }))
  .sort((a, b) => b.score - a.score);
for (const { title, score } of ranked) console.log(score.toFixed(2), title);
