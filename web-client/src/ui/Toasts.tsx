import { CircleCheck, Info, TriangleAlert, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { IconButton } from "./Button";
import { dismiss, type Tone, toasts } from "./toast";
import styles from "./toast.module.css";

const ICONS = { info: Info, ok: CircleCheck, warn: TriangleAlert, danger: TriangleAlert } satisfies Record<
  Tone,
  unknown
>;

/** Where toasts appear. A polite status: the words are read without moving the focus. */
export function Toasts() {
  const { t } = useTranslation("app");
  const messages = useStore(toasts, (state) => state.messages);
  return (
    <div className={styles.region} role="status" aria-live="polite" data-testid="toasts">
      {messages.map((message) => {
        const Icon = ICONS[message.tone];
        return (
          <div key={message.id} className={styles.toast} data-tone={message.tone}>
            <Icon aria-hidden="true" />
            <p>{message.text}</p>
            <IconButton
              size="small"
              label={t("close")}
              icon={<X aria-hidden="true" />}
              onPress={() => dismiss(message.id)}
            />
          </div>
        );
      })}
    </div>
  );
}
