import {
  Keyboard,
  Maximize,
  Minimize,
  Pause,
  Play,
  RotateCcw,
  RotateCw,
  Volume1,
  Volume2,
  VolumeX,
} from "lucide-react";
import { type RefObject, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { clock } from "../../app/dates";
import { Button, IconButton } from "../../ui/Button";
import { Select } from "../../ui/Select";
import type { Chapter } from "./chapters";
import { KeysDialog } from "./KeysDialog";
import { type ReplayPlayer, SPEEDS } from "./player";
import styles from "./player.module.css";
import { SeekBar } from "./SeekBar";

const SKIP_MS = 10_000;

interface ControlsProps {
  player: ReplayPlayer;
  chapters: readonly Chapter[];
  /** What goes full screen. */
  frame: RefObject<HTMLElement | null>;
}

export function Controls({ player, chapters, frame }: ControlsProps) {
  const { t } = useTranslation("playback");
  const [keys, setKeys] = useState(false);
  // A window of the page is not drawn over what is full screen.
  const openKeys = async () => {
    if (document.fullscreenElement) await document.exitFullscreen();
    setKeys(true);
  };
  return (
    <div className={styles.controls}>
      <SeekBar player={player} chapters={chapters} />
      <div className={styles.row}>
        <PlayButton player={player} />
        <IconButton
          label={t("controls.back")}
          icon={<RotateCcw aria-hidden="true" />}
          onPress={() => player.skip(-SKIP_MS)}
        />
        <IconButton
          label={t("controls.forward")}
          icon={<RotateCw aria-hidden="true" />}
          onPress={() => player.skip(SKIP_MS)}
        />
        <Time player={player} />
        <Loudness player={player} />
        <Speed player={player} />
        <FullScreen frame={frame} />
        <IconButton
          className={styles.keysButton}
          label={t("controls.keys")}
          icon={<Keyboard aria-hidden="true" />}
          onPress={() => void openKeys()}
        />
      </div>
      <KeysDialog isOpen={keys} onOpenChange={setKeys} />
    </div>
  );
}

function PlayButton({ player }: { player: ReplayPlayer }) {
  const { t } = useTranslation("playback");
  const phase = useStore(player.state, (state) => state.phase);
  const playing = phase === "playing";
  return (
    <Button
      look="primary"
      className={styles.play}
      icon={playing ? <Pause aria-hidden="true" /> : <Play aria-hidden="true" />}
      onPress={() => player.toggle()}
      data-testid="replay-play"
      data-phase={phase}
    >
      {t(playing ? "controls.pause" : phase === "ended" ? "controls.again" : "controls.play")}
    </Button>
  );
}

function Time({ player }: { player: ReplayPlayer }) {
  const { t } = useTranslation("playback");
  const position = useStore(player.state, (state) => clock(state.playMs));
  const total = clock(player.timeline.playMs);
  return (
    <p className={styles.time} data-testid="replay-time">
      <span aria-hidden="true">
        {position} / {total}
      </span>
      <span className="visually-hidden">{t("controls.position", { position, total })}</span>
    </p>
  );
}

function Loudness({ player }: { player: ReplayPlayer }) {
  const { t } = useTranslation("playback");
  const volume = useStore(player.state, (state) => state.volume);
  const silent = useStore(player.state, (state) => state.silent);
  const Icon = silent ? VolumeX : volume < 0.5 ? Volume1 : Volume2;
  return (
    <div className={styles.loudness}>
      <IconButton
        label={t(silent ? "controls.sound" : "controls.silence")}
        icon={<Icon aria-hidden="true" />}
        onPress={() => (silent && volume === 0 ? player.setVolume(1) : player.setSilent(!silent))}
      />
      <input
        type="range"
        className={styles.volume}
        min={0}
        max={100}
        step={5}
        value={silent ? 0 : Math.round(volume * 100)}
        onChange={(event) => player.setVolume(event.target.valueAsNumber / 100)}
        aria-label={t("controls.volume")}
        aria-valuetext={`${silent ? 0 : Math.round(volume * 100)} %`}
      />
    </div>
  );
}

function Speed({ player }: { player: ReplayPlayer }) {
  const { t, i18n } = useTranslation("playback");
  const speed = useStore(player.state, (state) => state.speed);
  const written = (value: number) => `${value.toLocaleString(i18n.language)} ×`;
  return (
    <Select
      label={t("controls.speed")}
      hideLabel
      className={styles.speed}
      value={String(speed)}
      options={SPEEDS.map((value) => ({ value: String(value), label: written(value) }))}
      onChange={(value) => player.setSpeed(Number(value))}
      data-testid="replay-speed"
    />
  );
}

function FullScreen({ frame }: { frame: RefObject<HTMLElement | null> }) {
  const { t } = useTranslation("playback");
  const [full, setFull] = useState(false);
  useEffect(() => {
    const onChange = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", onChange);
    return () => document.removeEventListener("fullscreenchange", onChange);
  }, []);
  // Phones of one maker only let a lone video go full screen: there the button would do nothing.
  if (!document.fullscreenEnabled) return null;
  const toggle = () => (full ? document.exitFullscreen() : frame.current?.requestFullscreen());
  return (
    <IconButton
      className={styles.fullButton}
      label={t(full ? "controls.window" : "controls.full")}
      icon={full ? <Minimize aria-hidden="true" /> : <Maximize aria-hidden="true" />}
      onPress={() => void toggle()?.catch(() => undefined)}
    />
  );
}
