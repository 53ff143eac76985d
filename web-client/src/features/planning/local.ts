/** An instant as the field for date and hour writes it, in the zone of the séance: `2026-11-18T14:00`. */
export function localOf(instant: string, zone: string): string {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  }).format(new Date(instant));
  return parts.replace(" ", "T");
}

/** True for the local hours that exist twice in mainland France: the last Sunday of October from 2 to 3. */
export function hourTwice(local: string): boolean {
  if (!/^\d{4}-10-\d{2}T02:/.test(local)) return false;
  const date = new Date(`${local.slice(0, 10)}T12:00:00Z`);
  return date.getUTCDay() === 0 && date.getUTCDate() > 24;
}
