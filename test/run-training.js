// Trains from the built code, in a process that a test may kill:
//   node test/run-training.js '{"recipe": {...}, "data": ["..."], "out": "...", "resume": true}'
import { parseRecipe } from "../dist/recipes/parse-recipe.js";
import { train } from "../dist/recipes/train.js";

const { recipe, ...options } = JSON.parse(process.argv[2]);
try {
  await train(parseRecipe(JSON.stringify(recipe), "recipe"), options);
} catch (error) {
  process.stderr.write(`${error.name}: ${error.message}\n`);
  process.exitCode = 1;
}
