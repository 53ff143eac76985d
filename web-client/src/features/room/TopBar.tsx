import { CirclePause, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { frenchSpaces, timeOfDay } from "../../app/dates";
import { takesPart } from "../../store/room";
import { useNow, useRoom } from "./context";
import { Quality } from "./Quality";
import styles from "./room.module.css";

/** What, whether it is recorded, what time it is, how many we are. */
export function TopBar() {
  const { t } = useTranslation("room");
  const seance = useRoom((state) => state.seance);
  const skew = useRoom((state) => state.clockSkew);
  const count = useRoom((state) => state.people.filter((person) => takesPart(person.role)).length);
  const now = useNow(5_000) + skew;
  if (!seance) return null;
  const times = { now: timeOfDay(now, seance.timeZone), end: timeOfDay(seance.endsAt, seance.timeZone) };
  return (
    <header className={styles.top}>
      <h1 className={styles.title}>{frenchSpaces(seance.title)}</h1>
      <RecordingState />
      <span className={styles.chip} data-testid="room-time">
        <span className="visually-hidden">{t("top.time", times)}</span>
        <span aria-hidden="true">
          {times.now} <span className={styles.dim}>· {t("top.until", times)}</span>
        </span>
      </span>
      <span className={styles.spacer} />
      <Quality />
      <span className={styles.chip} data-testid="room-count">
        <Users aria-hidden="true" />
        <span aria-hidden="true">{count}</span>
        <span className="visually-hidden">{t("top.count", { count })}</span>
      </span>
    </header>
  );
}

/** Recording is never silent: a dot and a word, for everybody, all the time. */
function RecordingState() {
  const { t } = useTranslation("room");
  const recording = useRoom((state) => state.recording);
  if (recording.state === "off") return null;
  return (
    <span className={styles.recording} data-state={recording.state} data-testid="recording-state">
      {recording.state === "paused" ? (
        <CirclePause aria-hidden="true" />
      ) : (
        <span className={styles.dot} aria-hidden="true" />
      )}
      {t(`recording.${recording.state}`)}
    </span>
  );
}
