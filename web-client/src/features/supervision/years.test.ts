import { describe, expect, it } from "vitest";
import { schoolYears } from "./years";

describe("the school years to choose from", () => {
  it("are the present one and those before it", () => {
    const years = schoolYears({ year: 2026, schoolYear: "2026-2027" });
    expect(years).toHaveLength(5);
    expect(years[0]).toEqual({ value: "2026", label: "2026-2027" });
    expect(years[4]).toEqual({ value: "2022", label: "2022-2023" });
  });

  it("bear one number where they begin with the calendar year", () => {
    expect(schoolYears({ year: 2026, schoolYear: "2026" })[1]).toEqual({ value: "2025", label: "2025" });
  });
});
