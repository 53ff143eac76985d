import { useTranslation } from "react-i18next";
import type { PresenceSheet } from "../../protocol/office";
import { hasReplays } from "../../store/sheet";
import styles from "./attendance.module.css";

const KINDS = ["connected", "bridged", "outage", "lobby", "away", "future"] as const;

/** Only what the strips of this sheet show. */
export function Legend({ sheet }: { sheet: PresenceSheet }) {
  const { t } = useTranslation("attendance");
  const drawn = new Set<string>(sheet.rows.flatMap((row) => row.segments.map((segment) => segment.kind)));
  const shown = KINDS.filter((kind) =>
    kind === "connected" || kind === "away" ? true : kind === "future" ? !sheet.closed : drawn.has(kind),
  );
  return (
    <section aria-label={t("legend.label")}>
      <ul className={styles.legend}>
        {shown.map((kind) => (
          <li key={kind}>
            <span className={styles.sample} data-kind={kind} aria-hidden="true" />
            {t(`legend.${kind}`)}
          </li>
        ))}
      </ul>
      {hasReplays(sheet) ? <p className={styles.empty}>{t("replayNote")}</p> : null}
    </section>
  );
}
