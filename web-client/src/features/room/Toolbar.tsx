import {
  Hand,
  LayoutGrid,
  LogOut,
  MessageSquare,
  Mic,
  MicOff,
  MonitorOff,
  MonitorUp,
  RectangleHorizontal,
  SquareX,
  Users,
  Video,
  VideoOff,
} from "lucide-react";
import { type FocusEvent, type ReactNode, useState } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Toolbar as AriaToolbar } from "react-aria-components/Toolbar";
import { useTranslation } from "react-i18next";
import { keysOf, type ShortcutId, shown } from "../../app/shortcuts";
import { canShareScreen } from "../../rtc/devices";
import { may, mayPublish, ownPerson } from "../../store/room";
import { Tooltip } from "../../ui/Tooltip";
import { useClassroom, useMedia, useNarrow, useRoom } from "./context";
import { EndDialog } from "./EndDialog";
import type { Layout } from "./layout";
import { MoreMenu } from "./MoreMenu";
import type { PanelTab } from "./Panel";
import type { Open } from "./Room";
import styles from "./toolbar.module.css";

export interface ToolbarProps {
  open: Open;
  toggle: (tab: PanelTab) => void;
  layout: Layout;
  switchLayout: () => void;
  openDialog: (which: "settings" | "help") => void;
}

/** Labelled acts in four groups: me, share, together, leave. One tab stop; arrows move inside. */
export function Toolbar(props: ToolbarProps) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const narrow = useNarrow();
  const [ending, setEnding] = useState(false);
  const mayEnd = useRoom((state) => may(state, "end"));
  const unread = useRoom((state) => state.chat.unread);
  const { open, toggle, layout, switchLayout } = props;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it watches the focus of the buttons inside, it is no control
    <footer className={styles.bar} onFocus={keepAim}>
      <AriaToolbar className={styles.toolbar} aria-label={t("toolbar.label")}>
        <div className={styles.group}>
          <MicrophoneButton />
          <CameraButton />
        </div>
        {narrow ? null : <ScreenGroup />}
        <div className={styles.group}>
          <HandButton />
          <BarButton
            icon={<MessageSquare aria-hidden="true" />}
            label={t("toolbar.chat")}
            does={open === "chat" ? t("toolbar.closeChat") : t("toolbar.openChat")}
            on={open === "chat"}
            badge={unread}
            badgeWords={t("toolbar.unread", { count: unread })}
            shortcut="chat"
            testId="toolbar-chat"
            onPress={() => toggle("chat")}
          />
          {narrow ? null : (
            <>
              <BarButton
                icon={<Users aria-hidden="true" />}
                label={t("toolbar.people")}
                does={open === "people" ? t("toolbar.closePeople") : t("toolbar.openPeople")}
                on={open === "people"}
                shortcut="people"
                testId="toolbar-people"
                onPress={() => toggle("people")}
              />
              <BarButton
                icon={
                  layout === "grid" ? (
                    <RectangleHorizontal aria-hidden="true" />
                  ) : (
                    <LayoutGrid aria-hidden="true" />
                  )
                }
                label={layout === "grid" ? t("toolbar.speaker") : t("toolbar.grid")}
                does={layout === "grid" ? t("toolbar.toSpeaker") : t("toolbar.toGrid")}
                shortcut="layout"
                testId="layout-switch"
                onPress={switchLayout}
              />
            </>
          )}
          <MoreMenu {...props} onEnd={() => setEnding(true)} />
        </div>
        <div className={styles.group}>
          <BarButton
            icon={<LogOut aria-hidden="true" />}
            label={t("toolbar.leave")}
            does={t("toolbar.doLeave")}
            look={mayEnd && !narrow ? "plain" : "danger"}
            testId="toolbar-leave"
            onPress={() => classroom.leave()}
          />
          {mayEnd && !narrow ? (
            <BarButton
              icon={<SquareX aria-hidden="true" />}
              label={t("toolbar.end")}
              does={t("toolbar.doEnd")}
              look="danger"
              testId="toolbar-end"
              onPress={() => setEnding(true)}
            />
          ) : null}
        </div>
      </AriaToolbar>
      <EndDialog isOpen={ending} onClose={() => setEnding(false)} />
    </footer>
  );
}

/**
 * The toolbar sends whatever focus comes back to the button it last had: after a click on "Plus" and a closed dialog,
 * Space would then stop the camera. What was aimed at keeps the focus.
 */
function keepAim({ target, relatedTarget, currentTarget }: FocusEvent<HTMLElement>) {
  if (relatedTarget instanceof Node && currentTarget.contains(relatedTarget)) return;
  const strayed = document.activeElement !== target && currentTarget.contains(document.activeElement);
  if (strayed) target.focus();
}

function MicrophoneButton() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const { on, busy } = useMedia((state) => state.own.microphone);
  const allowed = useRoom((state) => mayPublish(state, "microphone"));
  if (!allowed) return null;
  return (
    <BarButton
      icon={on ? <Mic aria-hidden="true" /> : <MicOff aria-hidden="true" />}
      label={on ? t("toolbar.microphone") : t("toolbar.microphoneOff")}
      does={on ? t("toolbar.mute") : t("toolbar.unmute")}
      on={on}
      busy={busy}
      wide
      shortcut="microphone"
      testId="toolbar-mic"
      onPress={() => void classroom.sources.toggleMicrophone()}
    />
  );
}

function CameraButton() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const { on, busy } = useMedia((state) => state.own.camera);
  const allowed = useRoom((state) => mayPublish(state, "camera"));
  if (!allowed) return null;
  return (
    <BarButton
      icon={on ? <Video aria-hidden="true" /> : <VideoOff aria-hidden="true" />}
      label={on ? t("toolbar.camera") : t("toolbar.cameraOff")}
      does={on ? t("toolbar.stopCamera") : t("toolbar.startCamera")}
      on={on}
      busy={busy}
      wide
      shortcut="camera"
      testId="toolbar-camera"
      onPress={() => void classroom.sources.toggleCamera()}
    />
  );
}

function ScreenGroup() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const { on, busy } = useMedia((state) => state.own.screen);
  const allowed = useRoom((state) => mayPublish(state, "screen"));
  if (!allowed || !canShareScreen()) return null;
  return (
    <div className={styles.group}>
      <BarButton
        icon={on ? <MonitorOff aria-hidden="true" /> : <MonitorUp aria-hidden="true" />}
        label={on ? t("toolbar.stopScreen") : t("toolbar.screen")}
        does={on ? t("toolbar.doStopScreen") : t("toolbar.doScreen")}
        on={on}
        busy={busy}
        wide
        shortcut="screen"
        testId="toolbar-screen"
        onPress={() => void classroom.sources.toggleScreen()}
      />
    </div>
  );
}

function HandButton() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const narrow = useNarrow();
  const raised = useRoom((state) => ownPerson(state)?.handRaised ?? false);
  const allowed = useRoom((state) => may(state, "raise_hand"));
  if (!allowed) return null;
  return (
    <BarButton
      icon={<Hand aria-hidden="true" />}
      label={raised ? t("toolbar.handRaised") : t(narrow ? "toolbar.handShort" : "toolbar.hand")}
      does={raised ? t("toolbar.lowerHand") : t("toolbar.raiseHand")}
      on={raised}
      accent
      wide
      shortcut="hand"
      testId="toolbar-hand"
      onPress={() => classroom.raiseHand(!raised)}
    />
  );
}

export interface BarButtonProps {
  icon: ReactNode;
  /** The word under the icon; changes with the state, so colour is never alone. */
  label: string;
  /** What pressing it does, for the tooltip. */
  does: string;
  on?: boolean;
  busy?: boolean;
  accent?: boolean;
  /** Keeps its width when the word changes. */
  wide?: boolean;
  look?: "plain" | "danger";
  badge?: number;
  badgeWords?: string;
  shortcut?: ShortcutId;
  testId?: string;
  onPress?: () => void;
}

export function BarButton({
  icon,
  label,
  does,
  on,
  busy,
  accent,
  wide,
  look = "plain",
  badge,
  badgeWords,
  shortcut,
  testId,
  onPress,
}: BarButtonProps) {
  const all = shortcut ? keysOf(shortcut) : [];
  const keys = all[0];
  return (
    <Tooltip text={does} keys={keys ? shown(keys) : undefined}>
      <AriaButton
        ref={(button) => {
          // React Aria drops the attribute; screen readers read it.
          if (all.length > 0) button?.setAttribute("aria-keyshortcuts", all.join(" "));
        }}
        className={styles.button}
        data-on={on || undefined}
        data-accent={accent || undefined}
        data-wide={wide || undefined}
        data-look={look}
        data-testid={testId}
        // Not `isPending`: its announcement names the button for seconds after the button is gone.
        data-pending={busy || undefined}
        onPress={busy ? undefined : onPress}
      >
        {icon}
        <span className={styles.label}>{label}</span>
        {badge ? (
          <span className={styles.badge}>
            <span aria-hidden="true">{badge > 99 ? "99+" : badge}</span>
            <span className="visually-hidden">{badgeWords}</span>
          </span>
        ) : null}
      </AriaButton>
    </Tooltip>
  );
}
