import { describe, expect, it } from "vitest";
import type { PresenceRow, PresenceSheet } from "../protocol/office";
import {
  clockDuration,
  elapsedOf,
  figuresOf,
  needsCheck,
  rowsFor,
  rowsOf,
  spellsOf,
  stretchesOf,
  verdictOf,
} from "./sheet";

const row = (change: Partial<PresenceRow> = {}): PresenceRow => ({
  person: "p",
  name: "Anne Dupuis",
  role: "participant",
  identity: "personal_link",
  validable: true,
  here: false,
  connectedMs: 3_600_000,
  presenceMs: 3_600_000,
  minutes: 60,
  lobbyMs: 0,
  replayMs: 0,
  beforeMs: 0,
  afterMs: 0,
  table: change.role === "trainer" || change.role === "co_trainer" ? "trainers" : "participants",
  enrolled: true,
  gaia: { state: "unlinked" },
  status: "present",
  decided: change.status ?? "present",
  origin: "auto",
  reason: null,
  declaredMin: null,
  signatures: [],
  signedMin: 0,
  history: [],
  requests: [],
  flags: [],
  firstArrival: "2026-11-24T17:00:00Z",
  lastDeparture: "2026-11-24T18:00:00Z",
  segments: [],
  ...change,
});

const sheet = (rows: PresenceRow[], change: Partial<PresenceSheet> = {}): PresenceSheet => ({
  seance: {
    id: "s",
    title: "Lire au cycle 3",
    kind: "classe_virtuelle",
    state: "ended",
    startsAt: "2026-11-24T17:00:00Z",
    endsAt: "2026-11-24T18:40:00Z",
    opensAt: "2026-11-24T16:45:00Z",
    timeZone: "Europe/Paris",
    durationMin: 100,
    thresholdMin: 50,
    recorded: true,
  },
  windowStart: "2026-11-24T17:00:00Z",
  windowEnd: "2026-11-24T18:40:00Z",
  thresholdMin: 50,
  flags: [],
  closed: true,
  computedAt: "2026-11-24T18:41:00Z",
  ruleVersion: 2,
  version: 0,
  threshold: { mode: "auto" },
  lockedFrom: "2026-12-09T18:40:00Z",
  archived: false,
  counts: { enrolled: 0, present: 0, declared: 0, absent: 0, excused: 0, offList: 0, guests: 0 },
  halfDays: [],
  attached: [],
  pairs: [],
  history: [],
  rows,
  ...change,
});

const absent = (change: Partial<PresenceRow> = {}) =>
  row({ status: "absent", presenceMs: 0, connectedMs: 0, minutes: 0, ...change });

describe("the figures", () => {
  it("count participants, not trainers, and say who only typed a name", () => {
    const rows = [
      row(),
      row({ identity: "declared", validable: false }),
      absent(),
      absent({ connectedMs: 60_000 }),
      row({ role: "trainer" }),
      absent({ role: "co_trainer" }),
    ];
    expect(figuresOf(sheet(rows))).toEqual({
      participants: 4,
      present: 2,
      absent: 2,
      check: 1,
      presentGuests: 1,
      windowMs: 6_000_000,
    });
  });
});

describe("what must be checked", () => {
  it.each([
    ["present, nothing unusual", row(), false],
    ["present, a cut explained", row({ flags: ["SORTIE_SANS_LEAVE", "COUPURE_SERVEUR_CREDITEE"] }), false],
    ["two devices at once", row({ flags: ["MULTI_CONNEXION"] }), true],
    ["never came", absent(), false],
    ["came too short", absent({ connectedMs: 1 }), true],
    ["came too short, but somebody decided", absent({ connectedMs: 1, origin: "manuel" }), false],
    [
      "asks for a correction",
      row({
        requests: [
          {
            id: "r",
            person: "p",
            text: "J’étais là",
            askedAt: "2026-11-25T08:00:00Z",
            answer: null,
            answerText: "",
            answeredAt: null,
          },
        ],
      }),
      true,
    ],
    ["a trainer is never a row to validate", absent({ role: "trainer", connectedMs: 1 }), false],
  ])("%s", (_, subject, expected) => expect(needsCheck(subject, true)).toBe(expected));

  it("is not announced while somebody may still reach the threshold", () => {
    expect(needsCheck(absent({ connectedMs: 60_000 }), false)).toBe(false);
    expect(verdictOf(absent(), false)).toBe("under_way");
    expect(verdictOf(absent(), true)).toBe("absent");
  });

  it("follows what was decided, with what was proposed beside it", () => {
    const corrected = absent({ decided: "present", origin: "manuel", reason: "PANNE_RESEAU" });
    expect(verdictOf(corrected, true)).toBe("present");
    expect(figuresOf(sheet([corrected, absent({ decided: "excuse", origin: "manuel" })]))).toMatchObject({
      present: 1,
      absent: 0,
    });
  });

  it("is what the filters show", () => {
    const rows = [
      row({ name: "A" }),
      row({ name: "B", flags: ["MULTI_CONNEXION"] }),
      absent({ name: "C" }),
      row({ name: "D", role: "trainer" }),
    ];
    const names = (filter: "all" | "check" | "absent") =>
      rowsFor(sheet(rows), filter).map((entry) => entry.name);
    expect(names("all")).toEqual(["A", "B", "C", "D"]);
    expect(names("check")).toEqual(["B"]);
    expect(names("absent")).toEqual(["C"]);
  });
});

describe("the strip", () => {
  const subject = row({
    segments: [
      { from: "2026-11-24T17:10:00Z", to: "2026-11-24T17:30:00Z", kind: "connected" },
      { from: "2026-11-24T17:30:00Z", to: "2026-11-24T17:32:00Z", kind: "bridged" },
      { from: "2026-11-24T17:32:00Z", to: "2026-11-24T18:00:00Z", kind: "connected" },
      { from: "2026-11-24T18:10:00Z", to: "2026-11-24T18:40:00Z", kind: "connected" },
    ],
  });

  it("lies in percent of the counted window", () => {
    expect(stretchesOf(subject, sheet([subject]))).toEqual([
      { kind: "connected", left: 10, width: 20 },
      { kind: "bridged", left: 30, width: 2 },
      { kind: "connected", left: 32, width: 28 },
      { kind: "connected", left: 70, width: 30 },
    ]);
    expect(stretchesOf(subject, sheet([subject], { windowEnd: "2026-11-24T17:00:00Z" }))).toEqual([]);
  });

  it("is said in words, holes included", () => {
    expect(spellsOf(subject).map((spell) => [spell.kind, spell.ms / 60_000])).toEqual([
      ["connected", 20],
      ["bridged", 2],
      ["connected", 28],
      ["away", 10],
      ["connected", 30],
    ]);
  });

  it("has a part that has not happened yet while the séance runs", () => {
    expect(elapsedOf(sheet([], { closed: false, computedAt: "2026-11-24T17:25:00Z" }))).toBe(25);
    expect(elapsedOf(sheet([], { closed: false, computedAt: "2026-11-24T16:25:00Z" }))).toBe(0);
    expect(elapsedOf(sheet([]))).toBe(100);
  });
});

describe("a duration", () => {
  it.each([
    [0, "0:00:00"],
    [1_799_999, "0:29:59"],
    [1_800_000, "0:30:00"],
    [36_061_000, "10:01:01"],
  ])("%d ms is %s", (ms, shown) => expect(clockDuration(ms)).toBe(shown));
});

describe("somebody in both lists of GAIA", () => {
  it("stands among the trainers and, to be looked at, among the participants", () => {
    const both = sheet([
      row({ role: "trainer", flags: ["DOUBLE_ROLE"] }),
      row({ role: "trainer", person: "q" }),
    ]);
    expect(rowsOf(both).map(({ person, table }) => [person, table])).toEqual([
      ["p", "trainers"],
      ["p", "participants"],
      ["q", "trainers"],
    ]);
    expect(figuresOf(both)).toMatchObject({ participants: 1, check: 1 });
    expect(rowsFor(both, "check").map(({ table }) => table)).toEqual(["participants"]);
  });
});
