import { firstOfMonth } from "../../app/dates";
import { language } from "../../app/i18n";

/** "du 3 novembre 2026 au 15 décembre 2026" for calendar days `AAAA-MM-JJ`. */
export function dates({ startsOn, endsOn }: { startsOn: string; endsOn: string }): string {
  const format = new Intl.DateTimeFormat(language() === "fr" ? "fr-FR" : "en-GB", {
    dateStyle: "long",
    timeZone: "UTC",
  });
  const written = format.formatRange(new Date(`${startsOn}T00:00:00Z`), new Date(`${endsOn}T00:00:00Z`));
  return firstOfMonth(written, language());
}
