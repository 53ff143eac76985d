import { Hourglass, LogOut } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "../../app/announcer";
import { day, frenchSpaces, timeOfDay, zoneWords } from "../../app/dates";
import { Page } from "../../app/Page";
import { Button } from "../../ui/Button";
import { Card, Note, Tag } from "../../ui/Card";
import { useClassroom, useLasting, useRoom } from "./context";
import styles from "./room.module.css";
import { useAwake } from "./useAwake";

/** A cut shorter than that is not worth a word. */
const LOST_MS = 3_000;

/** In front of the door: the trainer is not there yet, and opens it by coming. Nothing to do. */
export function WaitingRoom() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const seance = useRoom((state) => state.seance);
  const lost = useLasting(
    useRoom((state) => state.lostAt !== null),
    LOST_MS,
  );
  useAwake();
  useEffect(() => {
    announce(t("waiting.text"));
    return () => {
      if (classroom.room.getState().you) announce(t("waiting.opened"), "assertive");
    };
  }, [t, classroom]);
  if (!seance) return null;
  const { title, startsAt, endsAt, timeZone, thresholdMin } = seance;
  const hours = { from: timeOfDay(startsAt, timeZone), to: timeOfDay(endsAt, timeZone) };
  return (
    <Page title={t("waiting.window", { title })}>
      <Card className={styles.waiting} data-testid="waiting-room">
        <Hourglass aria-hidden="true" className={styles.hourglass} />
        <h1>{t("waiting.title")}</h1>
        <p>
          <Tag>
            {t("waiting.when", { day: day(startsAt, timeZone), ...hours, zone: zoneWords(timeZone) })}
          </Tag>
        </p>
        <p className={styles.waitingFor}>{frenchSpaces(title)}</p>
        <p>{t("waiting.text")}</p>
        {thresholdMin ? <p>{t("waiting.counted", hours)}</p> : null}
        {lost ? (
          <Note tone="warn" role="alert">
            {t("banner.lost")}
          </Note>
        ) : null}
        <div>
          <Button
            icon={<LogOut aria-hidden="true" />}
            onPress={() => classroom.leave()}
            data-testid="waiting-leave"
          >
            {t("waiting.leave")}
          </Button>
        </div>
      </Card>
    </Page>
  );
}
