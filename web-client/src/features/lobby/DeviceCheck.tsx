import { Mic, MicOff, Video, VideoOff, Volume2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { choices, choose, type DeviceList, listDevices, onDevicesChanged } from "../../rtc/devices";
import { watchLevel } from "../../rtc/levels";
import type { DeviceProblem } from "../../store/media";
import { Button, ToggleButton } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { Checkbox } from "../../ui/Field";
import { Select } from "../../ui/Select";
import styles from "./lobby.module.css";
import { preview, reopenPreview, startPreview, togglePreview } from "./preview";

/** Preview, pickers and level. A choice: nothing is asked of the browser before the button is pressed. */
export function DeviceCheck({ withCamera }: { withCamera: boolean }) {
  const { t } = useTranslation("lobby");
  const { state, microphone, camera, microphoneProblem, cameraProblem } = useStore(preview);

  if (state !== "on") {
    return (
      <section className={styles.devices} aria-labelledby="devices-title">
        <div className={`${styles.stage} on-stage`}>
          <h2 id="devices-title">{t("devices.title")}</h2>
          <p className={styles.stageText}>
            {state === "asking" ? t("devices.starting") : t("devices.invite")}
          </p>
          <Button
            className={styles.onStageButton}
            icon={<Video aria-hidden="true" />}
            isDisabled={state === "asking"}
            onPress={() => void startPreview(withCamera)}
            data-testid="lobby-devices"
          >
            {t("devices.start")}
          </Button>
        </div>
      </section>
    );
  }

  return (
    <section className={styles.devices} aria-labelledby="devices-title">
      <h2 id="devices-title" className="visually-hidden">
        {t("devices.title")}
      </h2>
      <div className={`${styles.stage} ${styles.running} on-stage`}>
        {camera ? (
          <OwnPicture camera={camera} />
        ) : (
          <p className={styles.stageText}>{t("devices.cameraIsOff")}</p>
        )}
        <div className={styles.toggles}>
          <ToggleButton
            look="quiet"
            className={styles.toggle}
            isSelected={microphone !== null}
            onChange={() => void togglePreview("microphone")}
            icon={microphone ? <Mic aria-hidden="true" /> : <MicOff aria-hidden="true" />}
            data-testid="lobby-mic"
          >
            {microphone ? t("devices.microphoneOn") : t("devices.microphoneOff")}
          </ToggleButton>
          {withCamera ? (
            <ToggleButton
              look="quiet"
              className={styles.toggle}
              isSelected={camera !== null}
              onChange={() => void togglePreview("camera")}
              icon={camera ? <Video aria-hidden="true" /> : <VideoOff aria-hidden="true" />}
              data-testid="lobby-camera"
            >
              {camera ? t("devices.cameraOn") : t("devices.cameraOff")}
            </ToggleButton>
          ) : null}
        </div>
      </div>
      <Problem device={t("devices.microphone")} problem={microphoneProblem} />
      {withCamera ? <Problem device={t("devices.camera")} problem={cameraProblem} /> : null}
      <Pickers withCamera={withCamera} />
      <div className={styles.levelRow}>
        <p className={styles.levelLabel} id="level-label">
          {t("devices.level")}
        </p>
        <LevelBar microphone={microphone} />
        <p className={styles.hint}>{t("devices.levelHint")}</p>
      </div>
    </section>
  );
}

function Problem({ device, problem }: { device: string; problem: DeviceProblem | null }) {
  const { t } = useTranslation("lobby");
  if (!problem) return null;
  return (
    <Note tone="warn" role="alert">
      <p>
        <strong>{device}</strong> – {t(`devices.problem.${problem}`)}
      </p>
    </Note>
  );
}

function OwnPicture({ camera }: { camera: MediaStreamTrack }) {
  const { t } = useTranslation("lobby");
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = new MediaStream([camera]);
  }, [camera]);
  return (
    <video
      ref={video}
      className={styles.picture}
      aria-label={t("devices.preview")}
      autoPlay
      muted
      playsInline
    />
  );
}

function Pickers({ withCamera }: { withCamera: boolean }) {
  const { t } = useTranslation("lobby");
  const [devices, setDevices] = useState<DeviceList>({ microphones: [], cameras: [], speakers: [] });
  const [chosen, setChosen] = useState(choices);
  useEffect(() => {
    const look = () => void listDevices().then(setDevices);
    look();
    return onDevicesChanged(look);
  }, []);

  const options = (list: MediaDeviceInfo[]) =>
    list.length > 0
      ? list.map((device) => ({ value: device.deviceId, label: device.label || t("devices.default") }))
      : [{ value: "", label: t("devices.default") }];
  const pick = (device: "microphone" | "camera", id: string) => {
    setChosen(choose({ [device]: id }));
    void reopenPreview(device);
  };

  return (
    <div className={styles.pickers}>
      <Select
        label={t("devices.microphone")}
        value={chosen.microphone ?? ""}
        options={options(devices.microphones)}
        onChange={(id) => pick("microphone", id)}
      />
      {withCamera ? (
        <Select
          label={t("devices.camera")}
          value={chosen.camera ?? ""}
          options={options(devices.cameras)}
          onChange={(id) => pick("camera", id)}
        />
      ) : null}
      {devices.speakers.length > 0 ? (
        <Select
          label={t("devices.speaker")}
          value={chosen.speaker ?? ""}
          options={options(devices.speakers)}
          onChange={(speaker) => setChosen(choose({ speaker }))}
        />
      ) : null}
      <div className={styles.soundTest}>
        <Button icon={<Volume2 aria-hidden="true" />} onPress={() => void ring(chosen.speaker)}>
          {t("devices.testSound")}
        </Button>
      </div>
      <Checkbox
        className={styles.clean}
        label={t("devices.clean")}
        checked={chosen.cleanSound}
        onChange={(event) => {
          setChosen(choose({ cleanSound: event.target.checked }));
          if (preview.getState().microphone) void reopenPreview("microphone");
        }}
      />
    </div>
  );
}

const BARS = 20;

/** Lights bars outside React: the level changes twelve times a second. */
function LevelBar({ microphone }: { microphone: MediaStreamTrack | null }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const show = (level: number) =>
      bar.current?.style.setProperty("--level", String(Math.round(level * BARS) / BARS));
    show(0);
    return microphone ? watchLevel(microphone, show) : undefined;
  }, [microphone]);
  return <div ref={bar} className={styles.level} role="img" aria-labelledby="level-label" />;
}

/** Two soft notes on the chosen speakers. */
async function ring(speaker: string | null): Promise<void> {
  const context = new AudioContext();
  if (speaker && "setSinkId" in context) {
    await (context as unknown as { setSinkId: (id: string) => Promise<void> })
      .setSinkId(speaker)
      .catch(() => undefined);
  }
  const gain = context.createGain();
  gain.connect(context.destination);
  [523.25, 659.25].forEach((frequency, place) => {
    const start = context.currentTime + place * 0.28;
    const note = context.createOscillator();
    note.frequency.value = frequency;
    note.connect(gain);
    note.start(start);
    note.stop(start + 0.26);
  });
  gain.gain.setValueAtTime(0.12, context.currentTime);
  gain.gain.linearRampToValueAtTime(0, context.currentTime + 0.6);
  setTimeout(() => void context.close(), 900);
}
