/**
 * The process that `prepare.ts` measures: one data set into arrays, and a line of JSON about them.
 */
import { loadDataset } from "../src/data/load-dataset.ts";

const { interactions } = await loadDataset(process.argv[2]);
const { userIds, itemIds, items } = interactions;
// Says whether the peer has the same items in the same order; below 2**53 for 25 million rows.
let checksum = 0;
for (let row = 0; row < items.length; row++) checksum += items[row] * (row % 1009);
const report = { users: userIds.length, items: itemIds.length, rows: items.length, checksum };
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
process.stdout.write(JSON.stringify({ ...report, peakBytes: maxRSS * 1024, cpuSeconds }));
