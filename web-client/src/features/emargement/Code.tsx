import { useTranslation } from "react-i18next";
import { useAsked } from "../../app/office/asking";
import { Shown } from "../../app/office/Shown";
import type { HalfDay, HalfDayCode } from "../../protocol/office";
import { Card } from "../../ui/Card";
import styles from "./emargement.module.css";

const TURN_MS = 2_000;

/** What is projected: a QR code to scan, six digits to type, and how long they hold. */
export function Code({ halfDay }: { halfDay: HalfDay }) {
  const { t } = useTranslation("emargement");
  const answer = useAsked<HalfDayCode>(`half-days/${halfDay.id}/code`, { every: TURN_MS });
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
