import { Ear, HardDrive, LoaderCircle, VolumeX, WifiOff } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "../../app/announcer";
import { leads } from "../../store/room";
import { Button } from "../../ui/Button";
import { useClassroom, useLasting, useMedia, useRoom } from "./context";
import styles from "./room.module.css";

/** A cut shorter than that is not worth a word. */
const LOST_MS = 3_000;

/** What goes wrong, what is lost (nothing), what to do. */
export function Banners() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const lostAt = useRoom((state) => state.lostAt);
  const lost = useLasting(lostAt !== null, LOST_MS);
  const bySocket = useMedia((state) => state.bySocket);
  const soundBlocked = useMedia((state) => state.soundBlocked);
  const storageFailing = useRoom((state) => state.storageFailing);
  const trainerAway = useRoom((state) => {
    const trainers = state.people.filter(
      (person) => leads(person.role) && person.id !== state.you?.participant,
    );
    return trainers.length > 0 && !leads(state.you?.role) && trainers.every((person) => !person.connected);
  });
  useSaid(lost ? t("banner.lost") : null);
  useSaid(bySocket === "on" ? t("banner.bySocket") : null);
  useSaid(bySocket === "unsupported" ? t("banner.blocked") : null);
  useSaid(trainerAway ? t("banner.trainerAway") : null);
  useSaid(storageFailing ? t("banner.storage") : null);

  return (
    <div className={styles.banners}>
      {lost ? (
        <Banner
          tone="warn"
          icon={<LoaderCircle aria-hidden="true" className={styles.turning} />}
          testId="reconnecting"
        >
          {t("banner.lost")}
        </Banner>
      ) : null}
      {bySocket === "on" && !lost ? (
        <Banner tone="warn" icon={<Ear aria-hidden="true" />} testId="sound-by-page">
          {t("banner.bySocket")}
        </Banner>
      ) : null}
      {bySocket === "unsupported" && !lost ? (
        <Banner tone="warn" icon={<WifiOff aria-hidden="true" />} testId="media-blocked">
          {t("banner.blocked")}
        </Banner>
      ) : null}
      {trainerAway ? <Banner icon={<WifiOff aria-hidden="true" />}>{t("banner.trainerAway")}</Banner> : null}
      {storageFailing ? (
        <Banner tone="warn" icon={<HardDrive aria-hidden="true" />}>
          {t("banner.storage")}
        </Banner>
      ) : null}
      {soundBlocked ? (
        <Banner icon={<VolumeX aria-hidden="true" />} testId="sound-blocked">
          {t("banner.sound")}
          <Button size="small" look="primary" onPress={() => classroom.setSoundBlocked(false)}>
            {t("banner.soundOn")}
          </Button>
        </Banner>
      ) : null}
    </div>
  );
}

function Banner({
  tone = "info",
  icon,
  testId,
  children,
}: {
  tone?: "info" | "warn";
  icon: ReactNode;
  testId?: string;
  children: ReactNode;
}) {
  return (
    <div className={styles.banner} data-tone={tone} data-testid={testId}>
      {icon}
      <p>{children}</p>
    </div>
  );
}

function useSaid(words: string | null): void {
  useEffect(() => {
    if (words) announce(words, "assertive");
  }, [words]);
}
