// Dates and times as the page writes them: in the zone of the séance, with a name people use ("heure de Paris"),
// because Intl says "UTC+1" in French.
import i18next from "i18next";
import { type Language, language } from "./i18n";

/** Narrow no-break space, for "14 h 05". */
const NNBSP = "\u202f";

/** French names of the places that give their name to a zone, with their article. */
const PLACES: Record<string, { fr: string; en: string }> = {
  "Europe/Paris": { fr: "Paris", en: "Paris" },
  "Indian/Reunion": { fr: "La Réunion", en: "Réunion" },
  "Indian/Mayotte": { fr: "Mayotte", en: "Mayotte" },
  "America/Martinique": { fr: "la Martinique", en: "Martinique" },
  "America/Guadeloupe": { fr: "la Guadeloupe", en: "Guadeloupe" },
  "America/Cayenne": { fr: "la Guyane", en: "French Guiana" },
  "America/Miquelon": { fr: "Saint-Pierre-et-Miquelon", en: "Saint Pierre and Miquelon" },
  "Pacific/Noumea": { fr: "Nouvelle-Calédonie", en: "New Caledonia" },
  "Pacific/Tahiti": { fr: "Tahiti", en: "Tahiti" },
  "Pacific/Wallis": { fr: "Wallis-et-Futuna", en: "Wallis and Futuna" },
};

const locale = (lang: Language) => (lang === "fr" ? "fr-FR" : "en-GB");

/** "heure de La Réunion". */
export function zoneWords(zone: string, lang: Language = language()): string {
  const place = PLACES[zone]?.[lang] ?? zone.split("/").pop()?.replaceAll("_", " ") ?? zone;
  return i18next.t("app:zone", { place, lng: lang });
}

/** "14 h", "14 h 05"; in English "14:05". */
export function timeOfDay(at: string | number | Date, zone: string, lang: Language = language()): string {
  const written = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  }).format(new Date(at));
  const [hour = "00", minute = "00"] = written.split(":");
  if (lang === "en") return `${hour}:${minute}`;
  return minute === "00" ? `${Number(hour)}${NNBSP}h` : `${Number(hour)}${NNBSP}h${NNBSP}${minute}`;
}

/** "mardi 24 novembre 2026", "mardi 1er décembre 2026". */
export function day(at: string | number | Date, zone: string, lang: Language = language()): string {
  const written = new Intl.DateTimeFormat(locale(lang), {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: zone,
  }).format(new Date(at));
  return firstOfMonth(written, lang);
}

/** Intl does not know the French ordinal of the first of the month. */
export function firstOfMonth(written: string, lang: Language): string {
  return lang === "fr" ? written.replace(/(?<!\d)1(?=[ –])/g, "1er") : written;
}

/** "07/10/2026" of a calendar day, `2026-10-07`. */
export function calendarDay(date: string, lang: Language = language()): string {
  return new Intl.DateTimeFormat(locale(lang), { dateStyle: "short", timeZone: "UTC" }).format(
    new Date(`${date}T00:00:00Z`),
  );
}

/** "07/10/2026 – 18/12/2026", or the one day that it is. */
export function calendarPeriod(starts: string, ends: string, lang: Language = language()): string {
  const first = calendarDay(starts, lang);
  return starts === ends ? first : `${first} – ${calendarDay(ends, lang)}`;
}

/** "2 h 05", "1 800 h", "47 min", "3 s": a length, for people. */
export function lengthOf(ms: number, lang: Language = language()): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const unit = (count: number, name: string) =>
    `${count.toLocaleString(locale(lang))}${lang === "fr" ? NNBSP : " "}${name}`;
  if (hours > 0) {
    const rest = minutes % 60;
    return rest === 0
      ? unit(hours, "h")
      : `${unit(hours, "h")}${lang === "fr" ? NNBSP : " "}${String(rest).padStart(2, "0")}`;
  }
  return minutes > 0 ? unit(minutes, "min") : unit(seconds, "s");
}

/** "3 h", "0 h": announced or counted hours, which are never seconds. */
export function hoursOf(minutes: number, lang: Language = language()): string {
  return minutes === 0 ? `0${lang === "fr" ? NNBSP : " "}h` : lengthOf(minutes * 60_000, lang);
}

/** "1:04:22" or "12:05": a clock that runs. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** French typography at display, for what people typed: no line may begin with "?" or "»", nor end with "n°". */
export function frenchSpaces(text: string): string {
  return text
    .replace(/[ \u00a0]([?!;»])/g, `${NNBSP}$1`)
    .replace(/[ \u00a0](:)(?=\s|$)/g, `${NNBSP}$1`)
    .replace(/«[ \u00a0]/g, `«${NNBSP}`)
    .replace(/\b(n°) (?=\d)/gi, "$1\u00a0");
}
