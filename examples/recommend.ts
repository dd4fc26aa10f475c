/**
 * Films for someone who has watched some, by title.
 *
 *   node --import ./scripts/register-typescript.js examples/recommend.ts "The Matrix" "Inception"
 */
import { createTitleIndex, describeFilm, loadModel, recommend, requireFilm } from "../src/index.ts";

const titles = process.argv.slice(2);
const model = await loadModel();
const index = createTitleIndex(model.catalog);
const history = titles.map((title) => model.catalog[requireFilm(index, title)].itemId);

for (const film of await recommend(model, history, { k: 5 })) {
  console.log(`${film.rank}. ${describeFilm(film)}`);
}
await model.dispose();
