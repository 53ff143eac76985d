import { describe, expect, it } from "vitest";
import {
  calendarDay,
  calendarPeriod,
  clock,
  day,
  frenchSpaces,
  hoursOf,
  lengthOf,
  timeOfDay,
  zoneWords,
} from "./dates";

const AT = "2026-11-24T13:00:00Z";

describe("dates and times", () => {
  it("write a calendar day as it is, wherever the reader is", () => {
    expect(calendarDay("2026-10-07", "fr")).toBe("07/10/2026");
    expect(calendarDay("2026-01-01", "en")).toBe("01/01/2026");
    expect(calendarPeriod("2026-10-07", "2026-12-18", "fr")).toBe("07/10/2026 – 18/12/2026");
    expect(calendarPeriod("2026-10-07", "2026-10-07", "fr")).toBe("07/10/2026");
  });

  it("are those of the séance's zone, in words people use", () => {
    expect(timeOfDay(AT, "Europe/Paris", "fr")).toBe("14\u202fh");
    expect(timeOfDay("2026-11-24T13:05:00Z", "Europe/Paris", "fr")).toBe("14\u202fh\u202f05");
    expect(timeOfDay(AT, "Indian/Reunion", "fr")).toBe("17\u202fh");
    expect(timeOfDay("2026-11-23T23:30:00Z", "Europe/Paris", "fr")).toBe("0\u202fh\u202f30");
    expect(timeOfDay(AT, "Europe/Paris", "en")).toBe("14:00");
    expect(day("2026-11-24T23:30:00Z", "Europe/Paris", "fr")).toBe("mercredi 25 novembre 2026");
    expect(day("2026-12-01T12:00:00Z", "Europe/Paris", "fr")).toBe("mardi 1er décembre 2026");
    expect(day("2026-12-21T12:00:00Z", "Europe/Paris", "fr")).toBe("lundi 21 décembre 2026");
    expect(zoneWords("Europe/Paris", "fr")).toBe("heure de Paris");
    expect(zoneWords("Indian/Reunion", "fr")).toBe("heure de La Réunion");
    expect(zoneWords("America/New_York", "fr")).toBe("heure de New York");
    expect(zoneWords("America/Cayenne", "en")).toBe("French Guiana time");
  });

  it("say lengths", () => {
    expect(lengthOf(4_200, "fr")).toBe("4\u202fs");
    expect(lengthOf(47 * 60_000, "fr")).toBe("47\u202fmin");
    expect(lengthOf(125 * 60_000, "fr")).toBe("2\u202fh\u202f05");
    expect(lengthOf(120 * 60_000, "fr")).toBe("2\u202fh");
    expect(hoursOf(1_800 * 60, "fr")).toBe("1\u202f800\u202fh");
    expect(hoursOf(0, "fr")).toBe("0\u202fh");
    expect(clock(3_862_000)).toBe("1:04:22");
    expect(clock(-5)).toBe("00:00");
  });
});

describe("what people typed", () => {
  it("never begins a line with a sign", () => {
    expect(frenchSpaces("Vraiment ? Oui ! « Lire » : ceci ; cela")).toBe(
      "Vraiment\u202f? Oui\u202f! «\u202fLire\u202f»\u202f: ceci\u202f; cela",
    );
  });

  it("keeps times, smileys and addresses", () => {
    expect(frenchSpaces("14:30 http://a.fr :)")).toBe("14:30 http://a.fr :)");
  });
});
