import { VideoOff } from "lucide-react";
import { useEffect, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { DialogTrigger } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import type { QualityLevel } from "../../protocol/generated/protocol";
import type { Path } from "../../rtc/way";
import { Button } from "../../ui/Button";
import { Bars } from "./Bars";
import { useClassroom, useMedia, useRoom } from "./context";
import styles from "./quality.module.css";

/** How well the own connection carries sound and pictures: an icon, a word when it is not good, and what helps. */
export function Quality() {
  const { t } = useTranslation("room");
  const level = useRoom((state) => state.quality?.level ?? null);
  if (!level) return null;
  return (
    <DialogTrigger>
      <AriaButton className={styles.indicator} data-level={level} data-testid="quality">
        <Bars level={level} />
        <span className={level === "good" ? "visually-hidden" : undefined}>{t(`quality.word.${level}`)}</span>
      </AriaButton>
      <Popover className={styles.popover} placement="bottom end" aria-label={t("quality.title")}>
        <Details level={level} />
      </Popover>
    </DialogTrigger>
  );
}

function Details({ level }: { level: QualityLevel }) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const quality = useRoom((state) => state.quality);
  const camera = useMedia((state) => state.own.camera.on);
  const path = usePath();
  return (
    <div className={styles.sheet}>
      <h2 className={styles.title}>{t(`quality.label.${level}`)}</h2>
      <p>{t(`quality.text.${level}`)}</p>
      {level === "poor" && camera ? (
        <Button
          look="primary"
          icon={<VideoOff aria-hidden="true" />}
          onPress={() => void classroom.sources.toggleCamera()}
          data-testid="quality-camera-off"
        >
          {t("quality.cameraOff")}
        </Button>
      ) : null}
      {path ? <p data-testid="quality-way">{t(`quality.way.${path.way}`)}</p> : null}
      {quality ? (
        <p className={styles.figures}>
          {t("quality.figures", { ms: quality.roundTripMs, percent: quality.lossPercent })}
        </p>
      ) : null}
    </div>
  );
}

/** The path in use, looked up when somebody asks. */
function usePath(): Path | null {
  const classroom = useClassroom();
  const transports = useMedia((state) => `${state.publish} ${state.subscribe}`);
  const [path, setPath] = useState<Path | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another state of the connections may be another path
  useEffect(() => {
    let shown = true;
    void classroom.path().then((found) => shown && setPath(found));
    return () => {
      shown = false;
    };
  }, [classroom, transports]);
  return path;
}
