import { expect, test } from "vitest";
import { dates } from "./dates";

/** The spaces that Intl takes around the dash are its own affair. */
const written = (startsOn: string, endsOn: string) => dates({ startsOn, endsOn }).replace(/\s/g, " ");

test("a period is written as people write it, the first of the month too", () => {
  expect(written("2026-11-03", "2026-12-15")).toBe("3 novembre – 15 décembre 2026");
  expect(written("2026-11-01", "2026-12-01")).toBe("1er novembre – 1er décembre 2026");
  expect(written("2026-11-01", "2026-11-01")).toBe("1er novembre 2026");
  expect(written("2026-11-01", "2026-11-21")).toBe("1er–21 novembre 2026");
});
