/**
 * The script of a web page with `<input id="title"><ol id="films"></ol>`: each title that is typed
 * joins the history, and the list follows.
 *
 *   npx esbuild examples/browser-page.ts --bundle --format=esm --splitting --outdir=public
 *   cp -r models/default public/model
 *   cp node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded* public
 */
import {
  createTitleIndex,
  describeFilm,
  InputError,
  loadModel,
  recommend,
  requireFilm,
} from "../src/browser.ts";

const input = document.querySelector<HTMLInputElement>("#title");
const list = document.querySelector<HTMLOListElement>("#films");
const model = await loadModel("model");
const index = createTitleIndex(model.catalog);
const history: string[] = [];

input?.addEventListener("change", async () => {
  try {
    history.push(model.catalog[requireFilm(index, input.value)].itemId);
    input.value = "";
    input.setCustomValidity("");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    input.setCustomValidity(error.message);
    input.reportValidity();
    return;
  }
  const films = await recommend(model, history, { k: 10 });
  list?.replaceChildren(
    ...films.map((film) => {
      const line = document.createElement("li");
      line.textContent = describeFilm(film);
      return line;
    }),
  );
});
