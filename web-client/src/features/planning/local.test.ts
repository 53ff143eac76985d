import { describe, expect, it } from "vitest";
import { hourTwice, localOf } from "./local";

describe("local times", () => {
  it.each([
    ["2026-11-18T13:00:00Z", "Europe/Paris", "2026-11-18T14:00"],
    ["2026-11-18T23:30:00Z", "Indian/Reunion", "2026-11-19T03:30"],
    ["2026-07-01T00:05:00Z", "Pacific/Tahiti", "2026-06-30T14:05"],
  ])("%s in %s is written %s", (instant, zone, local) => expect(localOf(instant, zone)).toBe(local));

  it.each([
    ["2026-10-25T02:30", true],
    ["2026-10-25T03:00", false],
    ["2026-10-18T02:30", false],
    ["2026-11-29T02:30", false],
    ["", false],
  ])("%s exists twice: %s", (local, twice) => expect(hourTwice(local)).toBe(twice));
});
