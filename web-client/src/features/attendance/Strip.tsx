import { useTranslation } from "react-i18next";
import { lengthOf, timeOfDay } from "../../app/dates";
import type { PresenceRow, PresenceSheet } from "../../protocol/office";
import { elapsedOf, spellsOf, stretchesOf } from "../../store/sheet";
import styles from "./attendance.module.css";

/** The counted window from left to right; the same in words for who does not see it, and under the pointer. */
export function Strip({ row, sheet }: { row: PresenceRow; sheet: PresenceSheet }) {
  const words = useWords(row, sheet);
  return (
    <div
      className={styles.strip}
      role="img"
      aria-label={words}
      title={words}
      data-open={sheet.closed ? undefined : true}
      data-testid="presence-strip"
    >
      <span className={styles.elapsed} style={{ width: `${elapsedOf(sheet)}%` }} />
      {stretchesOf(row, sheet).map((stretch) => (
        <span
          key={`${stretch.left}-${stretch.kind}`}
          className={styles.stretch}
          data-kind={stretch.kind}
          style={{ left: `${stretch.left}%`, width: `${stretch.width}%` }}
        />
      ))}
    </div>
  );
}

/** "17 h 58–18 h 41, coupure de 2 min comptée, 18 h 43–19 h 30". */
function useWords(row: PresenceRow, sheet: PresenceSheet): string {
  const { t } = useTranslation("attendance");
  const zone = sheet.seance.timeZone;
  const words = spellsOf(row).map((spell) =>
    t(`spells.${spell.kind}`, {
      from: timeOfDay(spell.from, zone),
      to: timeOfDay(spell.to, zone),
      length: lengthOf(spell.ms),
    }),
  );
  return words.length > 0 ? words.join(", ") : t("spells.none");
}
