import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { takesPart } from "../../store/room";
import { IconButton } from "../../ui/Button";
import { Tabs } from "../../ui/Tabs";
import { ChatPanel } from "./ChatPanel";
import { useClassroom, useNarrow, useRoom } from "./context";
import { PeoplePanel } from "./PeoplePanel";
import styles from "./panel.module.css";

export type PanelTab = "chat" | "people";

/** The paper beside the stage; on a phone, a sheet that comes from below. */
export function Panel({
  tab,
  onTab,
  onClose,
}: {
  tab: PanelTab;
  onTab: (tab: PanelTab) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const narrow = useNarrow();
  const panel = useRef<HTMLElement>(null);
  const unread = useRoom((state) => state.chat.unread);
  const hands = useRoom((state) => state.hands.length);
  const count = useRoom((state) => state.people.filter((person) => takesPart(person.role)).length);

  useEffect(() => {
    classroom.viewChat(tab === "chat");
    return () => classroom.viewChat(false);
  }, [classroom, tab]);

  return (
    <aside
      ref={panel}
      className={`${styles.panel} on-paper`}
      aria-label={t("panel.label")}
      data-sheet={narrow || undefined}
      // Before the controls inside, which keep keys to themselves; menus and dialogs are drawn elsewhere.
      onKeyDownCapture={(event) => {
        if (event.key !== "Escape" || !panel.current?.contains(event.target as Node)) return;
        onClose();
        document.querySelector<HTMLElement>(`[data-testid="toolbar-${tab}"]`)?.focus();
      }}
    >
      <Tabs
        className={styles.tabs}
        label={t("panel.label")}
        selected={tab}
        onSelect={(id) => onTab(id === "people" ? "people" : "chat")}
        end={
          <IconButton
            size="small"
            label={t("panel.close")}
            icon={<X aria-hidden="true" />}
            onPress={onClose}
          />
        }
        items={[
          {
            id: "chat",
            label: t("panel.chat"),
            badge: unread,
            content: <ChatPanel />,
            "data-testid": "tab-chat",
          },
          {
            id: "people",
            label: t("panel.people", { count }),
            badge: hands,
            content: <PeoplePanel />,
            "data-testid": "tab-people",
          },
        ]}
      />
    </aside>
  );
}
