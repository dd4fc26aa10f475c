import { Command } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dataFolder } from "../../test/data-folder.ts";
import { InputError } from "../common/errors.ts";
import { registerDataInspect } from "./data-inspect.ts";

/** What the command prints on stdout. */
async function inspect(...args: string[]): Promise<string> {
  const command = new Command();
  registerDataInspect(command);
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await command.parseAsync(["inspect", ...args], { from: "user" });
  return write.mock.calls.map(([text]) => String(text)).join("");
}

afterEach(() => {
  vi.restoreAllMocks();
});

const files = {
  "movietweetings/ratings.dat":
    "1::0000008::10::1361836800\n1::0000010::7::1361836800\n2::0000008::7::1361923200\n",
  "movietweetings/movies.dat": "0000008::Kinetoscope (1894)::Documentary\n",
};

describe("usher data inspect", () => {
  it("prints one JSON object", async () => {
    const path = await dataFolder(files);
    const report = JSON.parse(await inspect(`${path}/movietweetings`, "--json"));
    expect(report).toMatchObject({
      name: "movietweetings",
      users: 2,
      items: 2,
      interactions: 3,
      density: 3 / 4,
      ratings: [
        { rating: 7, count: 2 },
        { rating: 10, count: 1 },
      ],
      timeSpan: { first: 1361836800, last: 1361923200 },
      timeTieShare: 1,
      itemsWithTitle: 1,
      counts: { rowsRead: 3 },
    });
    expect(report.licence).toContain("MIT");
  });

  it("prints the same for people", async () => {
    const path = await dataFolder(files);
    const text = await inspect(`${path}/movietweetings`);
    expect(text).toContain("items            2, 1 with a title\n");
    expect(text).toContain("density          75 %\n");
    expect(text).toMatch(/ratings {13}7 +2 +66\.7 % #{30}\n +10 +1 +33\.3 % #{15}\n/);
    expect(text).toContain("2013-02-26 to 2013-02-27; 100 % of neighbours");
    expect(text).toMatch(/licence {10}MIT/);
  });

  it("prepares as it is told", async () => {
    const path = await dataFolder({ "my.csv": "u,i,t\na,x,2\na,y,1\na,y,1\nb,x,3\n" });
    const columns = ["--user-column", "u", "--item-column", "i", "--time-column", "t"];
    const text = await inspect(`${path}/my.csv`, ...columns, "--min-user-interactions", "2");
    expect(text).toContain("duplicates       1 identical rows dropped, 0 older ones replaced\n");
    expect(text).toContain(
      "left out         0 rows below the minimum rating, 1 of users and items with too few; 1 users, 0 items\n",
    );
    expect(text).toContain("ratings          none\n");
    expect(text).toContain("licence          not known to Usher");
    await expect(inspect(`${path}/my.csv`, ...columns, "--strict")).rejects.toThrow(InputError);
  });
});
