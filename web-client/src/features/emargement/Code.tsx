import { useTranslation } from "react-i18next";
import { useAsked } from "../../app/office/asking";
import { Shown } from "../../app/office/Shown";
import type { HalfDay, HalfDayCode } from "../../protocol/office";
import { Card } from "../../ui/Card";
import styles from "./emargement.module.css";

const TURN_MS = 2_000;
/** Signing is possible that long before and after the start. */
const WINDOW_MS = 30 * 60_000;

/** What is projected: a QR code to scan, six digits to type, and how long they hold. */
export function Code({ halfDay }: { halfDay: HalfDay }) {
  const { t } = useTranslation("emargement");
  // Outside there is no code to be asked for; the desk around it is drawn again every few seconds.
  const open = Math.abs(Date.parse(halfDay.startsAt) - Date.now()) <= WINDOW_MS;
  const answer = useAsked<HalfDayCode>(open ? `half-days/${halfDay.id}/code` : null, { every: TURN_MS });
  if (!open) {
    return (
      <Card className={styles.code}>
        <p>{t("outside")}</p>
      </Card>
    );
  }
  return (
    <Card className={styles.code}>
      <Shown of={answer}>
        {({ code, svg, secondsLeft }) => (
          <>
            <img
              className={styles.qr}
              src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`}
              alt={t("qr")}
            />
            <p className={styles.digits} data-testid="emargement-code">
              {code.slice(0, 3)} {code.slice(3)}
            </p>
            <p>{t("secondsLeft", { count: secondsLeft })}</p>
            <p>{t("how", { address: `${location.host}/emargement` })}</p>
          </>
        )}
      </Shown>
    </Card>
  );
}
