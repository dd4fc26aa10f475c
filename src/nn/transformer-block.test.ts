import { expect, it } from "vitest";
import { runGraph } from "../../test/compile-graph.ts";
import { createRandom } from "../common/random.ts";
import { Graph } from "../graph/graph.ts";
import { gather } from "../graph/operators/indexing.ts";
import { glorotUniform } from "./initialization.ts";
import { constantWeights, initializeParameters } from "./parameters.ts";
import { transformerBlock, transformerBlockParameters } from "./transformer-block.ts";

const [batch, length, dim] = [2, 5, 8];
const specs = transformerBlockParameters("block", dim, 4 * dim, glorotUniform);

it.each(["pre", "post"] as const)(
  "what is picked is what all rows hold, norms %s",
  async (normPlacement) => {
    const random = createRandom(1, "block");
    const graph = new Graph();
    const x = graph.input("x", "float32", [batch * length, dim]);
    const picked = graph.constant("int32", [3], [9, 0, 4]);
    const weights = constantWeights(graph, initializeParameters(specs, 1), specs);
    const context = { weights, dropout: <T>(rows: T): T => rows };
    const options = { batchShape: [batch, length], numHeads: 2, normPlacement };
    const all = gather(transformerBlock(x, "block", context, options), picked);
    const some = transformerBlock(x, "block", context, {
      ...options,
      pick: (rows) => gather(rows, picked),
    });
    const feeds = { x: Array.from({ length: batch * length * dim }, () => random.nextNormal()) };
    const outputs = await runGraph(graph, { all, some }, feeds);
    expect(outputs.some).toHaveLength(3 * dim);
    for (const [index, value] of outputs.some.entries()) {
      expect(value).toBeCloseTo(outputs.all[index], 5);
    }
  },
);
