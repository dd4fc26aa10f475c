/**
 * The encoder's table: the next five films, from what is known of viewers and films.
 */
import type { Part, Published, Reproduction, Variant } from "../reproduction.ts";

const reference: Published = {
  role: "reference",
  metrics: { "precision@5": 0.1186, "hitRate@5": 0.4228 },
  source: "the reference's transformer, as Usher's issue 4 cites it",
  protocol: "random windows, 90 and 10 %, only the ten films shown are out of the ranking",
};

/** One row of the encoder's table: a loss, and what is read besides the films. */
function encoderPart(title: string, variant?: Variant, against?: string): Part {
  return {
    recipe: "informative-encoder",
    ...(variant && { variant }),
    ...(against !== undefined && { against }),
    data: "ml-1m",
    minutes: variant?.epochs === undefined ? 15 : 5,
    measurements: [
      {
        title,
        task: { kind: "next-films" },
        metrics: ["precision@5", "hitRate@5"],
        // Of which loss and which sides it is, nobody says.
        published: variant ? [] : [reference],
      },
    ],
  };
}

const allSides = ["ratings", "users", "items"] as const;
/** A third of the recipe's epochs: there are many of them, and they stand beside each other. */
const EPOCHS = 8;
const LOSSES = [
  ["cross entropy on the next", "next", { kind: "softmax", numPredicted: 1 }],
  ["binary cross entropy on five", "binary", { kind: "binary" }],
] as const;
const ABLATIONS = [
  ["both sides", "both", allSides],
  ["users only", "users", ["users"]],
  ["films only", "films", ["ratings", "items"]],
  ["neither", "none", []],
] as const;

/** The losses of the reference with what it switches on and off. */
const encoderVariants: readonly Part[] = LOSSES.flatMap(([lossTitle, lossName, loss]) =>
  ABLATIONS.map(([title, name, sides]) =>
    encoderPart(
      `${lossTitle}, ${title}`,
      {
        name: `informative-encoder-${lossName}-${name}`,
        model: { sides },
        loss,
        epochs: EPOCHS,
      },
      name === "both" ? undefined : `informative-encoder-${lossName}-both`,
    ),
  ),
);

export const informativeEncoder: Reproduction = {
  name: "informative-encoder",
  description:
    "The next five of ten films of MovieLens-1M, from ratings and what is known of viewers and films",
  parts: [
    encoderPart("softmax over five, both sides"),
    encoderPart("the same, no viewer in both parts", {
      name: "informative-encoder-by-user",
      split: { by: "user" },
    }),
    encoderPart("softmax over five, both sides, 8 epochs as all that follow", {
      name: "informative-encoder-five-both",
      epochs: EPOCHS,
    }),
    ...encoderVariants,
  ],
};
