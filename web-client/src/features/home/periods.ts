// Which séances the first screen asks for, and in which groups it shows them.

import type { PlannedSeance } from "../../protocol/office";

export type Period = "near" | "past" | "later";
export type Group = "now" | "today" | "coming" | "past";

const DAY_MS = 86_400_000;

/** Bounds as `YYYY-MM-DD`: a week back and a month ahead, or the year before, or the year after. */
export function periodOf(period: Period, now: Date): { from: string; to: string } {
  const date = (days: number) => new Date(now.getTime() + days * DAY_MS).toISOString().slice(0, 10);
  switch (period) {
    case "near":
      return { from: date(-14), to: date(31) };
    case "past":
      return { from: date(-365), to: date(1) };
    case "later":
      return { from: date(0), to: date(365) };
  }
}

/** What runs, what is today, what comes (soonest first), what is past (latest first); empty groups are left out. */
export function split(seances: readonly PlannedSeance[], now: Date): [Group, PlannedSeance[]][] {
  const groups: Record<Group, PlannedSeance[]> = { now: [], today: [], coming: [], past: [] };
  for (const seance of seances) groups[groupOf(seance, now)].push(seance);
  const byStart = (one: PlannedSeance, other: PlannedSeance) =>
    Date.parse(one.startsAt) - Date.parse(other.startsAt);
  for (const members of Object.values(groups)) members.sort(byStart);
  groups.past.reverse();
  const order: Group[] = ["now", "today", "coming", "past"];
  return order.filter((group) => groups[group].length > 0).map((group) => [group, groups[group]]);
}

function groupOf(seance: PlannedSeance, now: Date): Group {
  if (seance.state === "live") return "now";
  if (seance.state === "ended" || seance.state === "cancelled" || Date.parse(seance.endsAt) < now.getTime()) {
    return "past";
  }
  return new Date(seance.startsAt).toDateString() === now.toDateString() ? "today" : "coming";
}
