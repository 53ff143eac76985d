import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { Waiting } from "../../app/Message";
import { useFocusOnArrival, useTitle } from "../../app/Page";
import type { Refusal } from "../../protocol/generated/protocol";
import { Banners } from "./Banners";
import { Classroom, type Entering } from "./classroom";
import { ClassroomContext, useClassroom, useLasting, useNarrow, useRoom } from "./context";
import { EndScreen } from "./EndScreen";
import en from "./en.json";
import fr from "./fr.json";
import { HelpDialog } from "./HelpDialog";
import type { Layout } from "./layout";
import { Panel, type PanelTab } from "./Panel";
import { PresenceLine } from "./PresenceLine";
import { RemoteSound } from "./RemoteSound";
import styles from "./room.module.css";
import { SettingsDialog } from "./SettingsDialog";
import { Stage } from "./Stage";
import { Toolbar } from "./Toolbar";
import { TopBar } from "./TopBar";
import { useAnnouncements } from "./useAnnouncements";
import { useAwake } from "./useAwake";
import { useConnectionWords } from "./useConnectionWords";
import { useShortcuts } from "./useShortcuts";
import { WaitingRoom } from "./WaitingRoom";

addWords("room", { fr, en });

export interface RoomProps {
  seance: string;
  entering: Entering | null;
  /** Back to the lobby, with the reason when the room said no. */
  onLobby: (refusal: Refusal | null) => void;
}

/** Refusals that the lobby can cure: a name, a tick, another moment. */
const FOR_THE_LOBBY: readonly Refusal["code"][] = [
  "name_needed",
  "recording_not_acknowledged",
  "not_open_yet",
  "room_full",
  "ticket_invalid",
  "ticket_expired",
  "ticket_foreign",
];

/** A server that has not answered by then is worth a word. */
const LATE_MS = 4_000;

/** The live class, from the first hello to the end screen. */
export default function Room({ seance, entering, onLobby }: RoomProps) {
  const [classroom, setClassroom] = useState<Classroom | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the devices are handed over once
  useEffect(() => {
    const opened = new Classroom(seance, entering);
    opened.start();
    setClassroom(opened);
    return () => opened.close();
  }, [seance]);

  if (!classroom) return <Waiting />;
  return (
    <ClassroomContext value={classroom}>
      <Inside onLobby={onLobby} />
    </ClassroomContext>
  );
}

function Inside({ onLobby }: { onLobby: (refusal: Refusal | null) => void }) {
  const { t } = useTranslation("room");
  const stop = useRoom((state) => state.stop);
  const ended = useRoom((state) => state.ending !== null);
  const inside = useRoom((state) => state.you !== null);
  const waiting = useRoom((state) => state.waiting);
  const late = useLasting(!inside, LATE_MS);
  const refusal = stop?.why === "refused" && FOR_THE_LOBBY.includes(stop.refusal.code) ? stop.refusal : null;
  useEffect(() => {
    if (refusal) onLobby(refusal);
  }, [refusal, onLobby]);

  if (refusal) return <Waiting />;
  if (stop || ended) return <EndScreen onBack={() => onLobby(null)} />;
  if (!inside && waiting) return <WaitingRoom />;
  if (!inside) return <Waiting text={late ? t("connectingLate") : t("connecting")} />;
  return <Live />;
}

/** Which tab of the panel is open; null when the panel is closed. */
export type Open = PanelTab | null;

function Live() {
  const { t: common } = useTranslation("app");
  const title = useRoom((state) => state.seance?.title ?? "");
  const classroom = useClassroom();
  const narrow = useNarrow();
  const [layout, setLayout] = useState<Layout>("grid");
  const [open, setOpen] = useState<Open>(narrow ? null : "chat");
  const [dialog, setDialog] = useState<"settings" | "help" | null>(null);
  useTitle(title);
  useFocusOnArrival();
  useAnnouncements();
  useAwake();
  useConnectionWords();

  const toggle = useCallback((tab: PanelTab) => setOpen((now) => (now === tab ? null : tab)), []);
  const switchLayout = useCallback(() => {
    classroom.pin(null);
    setLayout((now) => (now === "grid" ? "speaker" : "grid"));
  }, [classroom]);
  const openDialog = useCallback((which: "settings" | "help") => setDialog(which), []);
  useShortcuts({ toggle, switchLayout, openHelp: () => setDialog("help") });

  return (
    <div className={`${styles.room} on-stage`} data-panel={open ?? undefined}>
      <a className="skip-link" href="#main">
        {common("skip")}
      </a>
      <TopBar />
      <Banners />
      <main id="main" tabIndex={-1} className={styles.main}>
        <Stage layout={layout} />
      </main>
      {open ? <Panel tab={open} onTab={setOpen} onClose={() => setOpen(null)} /> : null}
      <PresenceLine />
      <Toolbar
        open={open}
        toggle={toggle}
        layout={layout}
        switchLayout={switchLayout}
        openDialog={openDialog}
      />
      <RemoteSound />
      <SettingsDialog isOpen={dialog === "settings"} onClose={() => setDialog(null)} />
      <HelpDialog isOpen={dialog === "help"} onClose={() => setDialog(null)} />
    </div>
  );
}
