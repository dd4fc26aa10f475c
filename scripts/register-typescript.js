// Lets Node 20 run our TypeScript as it stands, worker threads included, without a build:
//   node --import ./scripts/register-typescript.js bench/main.ts
// Node 22.18 and later take the types away themselves; this goes when Node 20 does.
import { register } from "node:module";

register("./load-typescript.js", import.meta.url);
