import { describe, expect, it } from "vitest";
import type { PlannedSeance } from "../../protocol/office";
import { periodOf, split } from "./periods";

const now = new Date("2026-11-18T12:00:00Z");

const seance = (id: string, startsAt: string, state: PlannedSeance["state"] = "planned") =>
  ({
    id,
    startsAt,
    endsAt: new Date(Date.parse(startsAt) + 3_600_000).toISOString(),
    state,
  }) as PlannedSeance;

describe("the first screen", () => {
  it("asks for the weeks around today", () => {
    expect(periodOf("near", now)).toEqual({ from: "2026-11-04", to: "2026-12-19" });
    expect(periodOf("later", now).from).toBe("2026-11-18");
  });

  it("shows what runs first, what is past last and latest first", () => {
    const groups = split(
      [
        seance("yesterday", "2026-11-17T14:00:00Z", "ended"),
        seance("week", "2026-11-25T14:00:00Z"),
        seance("tomorrow", "2026-11-19T14:00:00Z"),
        seance("tonight", "2026-11-18T15:00:00Z"),
        seance("running", "2026-11-18T11:30:00Z", "live"),
        seance("old", "2026-11-10T14:00:00Z", "ended"),
        seance("never", "2026-11-16T14:00:00Z", "cancelled"),
      ],
      now,
    ).map(([group, members]) => [group, members.map(({ id }) => id)]);
    expect(groups).toEqual([
      ["now", ["running"]],
      ["today", ["tonight"]],
      ["coming", ["tomorrow", "week"]],
      ["past", ["yesterday", "never", "old"]],
    ]);
  });
});
