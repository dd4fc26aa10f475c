/**
 * What `usher evaluate --held-out-films` found, as text for people.
 */
import type { Estimate } from "../evaluation/bootstrap.ts";
import { alignColumns, formatEstimate } from "../evaluation/format-report.ts";
import { FIELDS } from "../evaluation/held-out-films.ts";
import type { HeldOutReply } from "./evaluate-held-out.ts";

const FIELD_NAMES = {
  all: "ranked among all films",
  "held-out": "ranked among held-out films only",
};

export function formatHeldOutFilms(reply: HeldOutReply): string {
  const { model, models, differences, known } = reply;
  const parts = [
    `data: ${reply.data.names.join(", ")}`,
    `${model}: ${reply.numFilms} held-out films, ${reply.numTargets} targets, ${reply.numUsers} users`,
    `protocol: ${reply.description}`,
  ];
  for (const field of FIELDS) {
    const rows = [
      ...models.map((one) => toRow(one.model, one.metrics[field])),
      ...Object.entries(differences).map(([name, of]) =>
        toRow(`${model} minus ${name}`, of[field]),
      ),
    ];
    const header = ["", ...Object.keys(models[0].metrics[field])];
    parts.push("", FIELD_NAMES[field], alignColumns([header, ...rows]));
  }
  const names = Object.keys(known.before).filter((name) => /^(ndcg|hitRate)@/.test(name));
  const only = (of: Readonly<Record<string, Estimate>>): Record<string, Estimate> =>
    Object.fromEntries(names.map((name) => [name, of[name]]));
  parts.push(
    "",
    `${known.rows} targets that training knew, among all films, before and after the others were added`,
    alignColumns([
      ["", ...names],
      toRow("before", only(known.before)),
      toRow("after", only(known.after)),
      toRow("after minus before", only(known.differences)),
    ]),
  );
  return parts.join("\n");
}

function toRow(name: string, metrics: Readonly<Record<string, Estimate>>): string[] {
  return [name, ...Object.values(metrics).map((estimate) => formatEstimate(estimate))];
}
