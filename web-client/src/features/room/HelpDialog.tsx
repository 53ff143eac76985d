import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { letters, SHORTCUTS, setLetters, shown } from "../../app/shortcuts";
import { Dialog } from "../../ui/Dialog";
import { Checkbox } from "../../ui/Field";
import styles from "./room.module.css";

/** All shortcuts, from the same list that makes them act. */
export function HelpDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("room");
  const lettersOn = useStore(letters, (state) => state.on);
  return (
    <Dialog title={t("help.title")} isOpen={isOpen} onOpenChange={(open) => open || onClose()}>
      <table className={styles.keys}>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{t("help.act")}</th>
            <th scope="col">{t("help.keys")}</th>
          </tr>
        </thead>
        <tbody>
          {SHORTCUTS.map((shortcut) => (
            <tr key={shortcut.id}>
              <th scope="row">{t(`shortcut.${shortcut.id}`)}</th>
              <td>
                {shortcut.keys
                  .filter((keys) => lettersOn || keys.length > 1)
                  .map((keys) => (
                    <kbd key={keys}>{shown(keys)}</kbd>
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Checkbox
        label={t("help.letters")}
        checked={lettersOn}
        onChange={(event) => setLetters(event.target.checked)}
      />
      <p className={styles.small}>{t("help.text")}</p>
    </Dialog>
  );
}
