import {
  CircleDot,
  CirclePause,
  ClipboardList,
  Clock,
  Ellipsis,
  Keyboard,
  LayoutGrid,
  MicOff,
  MonitorUp,
  Settings,
  SquareX,
  Users,
} from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import { entryTicket } from "../../app/ticket";
import { presenceHref } from "../../routes";
import { canShareScreen } from "../../rtc/devices";
import { may, mayPublish } from "../../store/room";
import { useClassroom, useMedia, useNarrow, useRoom } from "./context";
import type { ToolbarProps } from "./Toolbar";
import styles from "./toolbar.module.css";

interface Item {
  id: string;
  icon: ReactNode;
  label: string;
  act?: () => void;
  href?: string;
  danger?: boolean;
  testId?: string;
}

/** What is not needed every minute; on a phone, also what does not fit. */
export function MoreMenu({
  toggle,
  layout,
  switchLayout,
  openDialog,
  onEnd,
}: ToolbarProps & { onEnd: () => void }) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const narrow = useNarrow();
  const screenOn = useMedia((state) => state.own.screen.on);
  const mayScreen = useRoom((state) => mayPublish(state, "screen")) && canShareScreen();
  const trainer = useTrainerItems(onEnd);

  const items: Item[] = [
    ...(narrow
      ? [
          {
            id: "people",
            icon: <Users aria-hidden="true" />,
            label: t("toolbar.people"),
            act: () => toggle("people"),
            testId: "toolbar-people",
          },
          {
            id: "layout",
            icon: <LayoutGrid aria-hidden="true" />,
            label: layout === "grid" ? t("toolbar.toSpeaker") : t("toolbar.toGrid"),
            act: switchLayout,
            testId: "layout-switch",
          },
          ...(mayScreen
            ? [
                {
                  id: "screen",
                  icon: <MonitorUp aria-hidden="true" />,
                  label: screenOn ? t("toolbar.doStopScreen") : t("toolbar.doScreen"),
                  act: () => void classroom.sources.toggleScreen(),
                  testId: "toolbar-screen",
                },
              ]
            : []),
        ]
      : []),
    ...trainer,
    {
      id: "settings",
      icon: <Settings aria-hidden="true" />,
      label: t("more.settings"),
      act: () => openDialog("settings"),
      testId: "more-settings",
    },
    {
      id: "help",
      icon: <Keyboard aria-hidden="true" />,
      label: t("more.help"),
      act: () => openDialog("help"),
      testId: "more-help",
    },
  ];

  return (
    <MenuTrigger>
      <AriaButton className={styles.button} data-look="plain" data-testid="toolbar-more">
        <Ellipsis aria-hidden="true" />
        <span className={styles.label}>{t("toolbar.more")}</span>
      </AriaButton>
      <Popover className={styles.popover} placement="top end" offset={10}>
        <Menu className={styles.menu} aria-label={t("toolbar.more")}>
          {items.map((item) => (
            <MenuItem
              key={item.id}
              id={item.id}
              className={styles.item}
              data-danger={item.danger || undefined}
              data-testid={item.testId}
              textValue={item.label}
              onAction={item.act}
              href={item.href}
              target={item.href ? "_blank" : undefined}
            >
              {item.icon}
              {item.label}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

/** The acts of those who lead. */
function useTrainerItems(onEnd: () => void): Item[] {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const narrow = useNarrow();
  const recording = useRoom((state) => state.recording.state);
  const mayModerate = useRoom((state) => may(state, "moderate"));
  const mayRecord = useRoom((state) => may(state, "record")) && recording !== "off";
  const mayExtend = useRoom((state) => may(state, "extend"));
  const mayEnd = useRoom((state) => may(state, "end"));
  const seePresence = useRoom((state) => may(state, "see_presence"));
  const items: Item[] = [];
  if (mayRecord) {
    const on = recording === "on";
    items.push({
      id: "record",
      icon: on ? <CirclePause aria-hidden="true" /> : <CircleDot aria-hidden="true" />,
      label: on
        ? t("more.pauseRecording")
        : recording === "paused"
          ? t("more.resumeRecording")
          : t("more.startRecording"),
      act: () => classroom.act({ type: "record", on: !on }),
      testId: "more-record",
    });
  }
  if (mayModerate) {
    items.push({
      id: "mute-all",
      icon: <MicOff aria-hidden="true" />,
      label: t("more.muteAll"),
      act: () => classroom.act({ type: "mute_all" }),
      testId: "more-mute-all",
    });
  }
  if (mayExtend) {
    items.push({
      id: "extend",
      icon: <Clock aria-hidden="true" />,
      label: t("more.extend", { minutes: EXTENSION_MIN }),
      act: () => classroom.act({ type: "extend", minutes: EXTENSION_MIN }),
      testId: "more-extend",
    });
  }
  if (seePresence) {
    items.push({
      id: "presence",
      icon: <ClipboardList aria-hidden="true" />,
      label: t("more.presence"),
      href: presenceHref(classroom.seance, entryTicket(classroom.seance)),
      testId: "more-presence",
    });
  }
  if (mayEnd && narrow) {
    items.push({
      id: "end",
      icon: <SquareX aria-hidden="true" />,
      label: t("toolbar.doEnd"),
      act: onEnd,
      danger: true,
      testId: "toolbar-end",
    });
  }
  return items;
}

const EXTENSION_MIN = 15;
