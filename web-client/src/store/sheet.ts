/** What the page says of a computed sheet: figures, filters, strips. The presence itself is computed by the server. */
import type { SegmentKind } from "../protocol/generated/attendance";
import type { PresenceRow, PresenceSheet } from "../protocol/office";

export type Filter = "all" | "check" | "absent";

export type Figures = {
  /** Participants only: trainers are listed apart and not counted. */
  participants: number;
  present: number;
  absent: number;
  check: number;
  /** Among those present, how many only typed a name. */
  presentGuests: number;
  /** Length of the counted window. */
  windowMs: number;
};

/** What the column of statuses says: the computed status, in words that are true while the séance runs too. */
export type Verdict = "present" | "absent" | "under_way" | "not_tracked" | "cancelled" | "excused";

/** Part of a strip, in percent of the counted window. */
export type Stretch = { kind: SegmentKind; left: number; width: number };

/** Part of the sentence that says the strip in words. */
export type Spell = { kind: SegmentKind | "away"; from: string; to: string; ms: number };

/** Codes that a person must look at before validating; the others only explain the figures. */
const WORTH_A_LOOK: ReadonlySet<string> = new Set([
  "AUCUN_BATTEMENT",
  "CHEVAUCHEMENT",
  "DOUBLE_ROLE",
  "HORS_GAIA",
  "MULTI_CONNEXION",
  "REFUSE_SALLE_ATTENTE",
]);

/** Trainers and tutors: their presence is shown, not judged. */
export function isTrainer(row: PresenceRow): boolean {
  return row.table !== "participants";
}

/** Somebody played a recording. */
export function hasReplays(sheet: PresenceSheet): boolean {
  return sheet.rows.some(({ replayMs }) => replayMs > 0);
}

/**
 * The rows as they stand in the tables. Somebody in both lists of GAIA, trainer and trainee, stands in both: as a
 * trainee without any hour until a gestionnaire decides.
 */
export function rowsOf(sheet: PresenceSheet): PresenceRow[] {
  return sheet.rows.flatMap((row) =>
    isTrainer(row) && row.flags.includes("DOUBLE_ROLE") ? [row, { ...row, table: "participants" }] : [row],
  );
}

export function verdictOf(row: PresenceRow, closed: boolean): Verdict {
  switch (row.decided) {
    case "present":
      return "present";
    case "absent":
      return closed || row.origin === "manuel" ? "absent" : "under_way";
    case "non_suivi":
      return "not_tracked";
    case "seance_annulee":
      return "cancelled";
    case "excuse":
      return "excused";
  }
}

/** Somebody came but not long enough, or asks for a correction, or the evidence is unusual: a person decides. */
export function needsCheck(row: PresenceRow, closed: boolean): boolean {
  if (row.requests.some(({ answer }) => answer === null)) return true;
  // What somebody has decided is decided.
  if (row.origin === "manuel") return false;
  const partial = closed && row.status === "absent" && row.connectedMs > 0;
  return !isTrainer(row) && (partial || row.flags.some((flag) => WORTH_A_LOOK.has(flag)));
}

export function figuresOf(sheet: PresenceSheet): Figures {
  const rows = rowsOf(sheet).filter((row) => !isTrainer(row));
  const present = rows.filter((row) => row.decided === "present");
  return {
    participants: rows.length,
    present: present.length,
    absent: rows.filter((row) => row.decided === "absent").length,
    check: rows.filter((row) => needsCheck(row, sheet.closed)).length,
    presentGuests: present.filter((row) => !row.validable).length,
    windowMs: span(sheet.windowStart, sheet.windowEnd),
  };
}

export function rowsFor(sheet: PresenceSheet, filter: Filter): PresenceRow[] {
  switch (filter) {
    case "all":
      return rowsOf(sheet);
    case "check":
      return rowsOf(sheet).filter((row) => needsCheck(row, sheet.closed));
    case "absent":
      return rowsOf(sheet).filter((row) => !isTrainer(row) && row.decided === "absent");
  }
}

/** Before that nobody can say who was there; a half-day may be held before its séance. */
export function hasBegun(sheet: PresenceSheet): boolean {
  const starts = [sheet.windowStart, ...sheet.halfDays.map(({ startsAt }) => startsAt)].map(Date.parse);
  return sheet.closed || Math.min(...starts) <= Date.parse(sheet.computedAt);
}

/** The strip of a row; what is not covered is absence. */
export function stretchesOf(row: PresenceRow, sheet: PresenceSheet): Stretch[] {
  const window = span(sheet.windowStart, sheet.windowEnd);
  if (window <= 0) return [];
  return row.segments.map((segment) => ({
    kind: segment.kind,
    left: percent(span(sheet.windowStart, segment.from), window),
    width: percent(span(segment.from, segment.to), window),
  }));
}

/** How much of the window is past, in percent: the rest of a strip is not absence, it has not happened yet. */
export function elapsedOf(sheet: PresenceSheet): number {
  const window = span(sheet.windowStart, sheet.windowEnd);
  if (sheet.closed || window <= 0) return 100;
  return Math.min(Math.max(percent(span(sheet.windowStart, sheet.computedAt), window), 0), 100);
}

/** The strip in words: each stretch in order, with the holes between them. */
export function spellsOf(row: PresenceRow): Spell[] {
  const spells: Spell[] = [];
  for (const segment of row.segments) {
    const last = spells.at(-1);
    if (last && span(last.to, segment.from) > 0) {
      spells.push({ kind: "away", from: last.to, to: segment.from, ms: span(last.to, segment.from) });
    }
    spells.push({ ...segment, ms: span(segment.from, segment.to) });
  }
  return spells;
}

/** `h:mm:ss`, truncated: never more than was lived. */
export function clockDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function span(from: string, to: string): number {
  return Date.parse(to) - Date.parse(from);
}

function percent(part: number, whole: number): number {
  return Math.round((part / whole) * 10_000) / 100;
}
