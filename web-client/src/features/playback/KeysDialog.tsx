import { useTranslation } from "react-i18next";
import { Dialog } from "../../ui/Dialog";
import { CATALOGUE } from "./keys";
import styles from "./playback.module.css";

export function KeysDialog({
  isOpen,
  onOpenChange,
}: {
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const { t } = useTranslation("playback");
  return (
    <Dialog title={t("keys.title")} isOpen={isOpen} onOpenChange={onOpenChange}>
      <table className={styles.keys}>
        <thead>
          <tr>
            <th scope="col">{t("keys.key")}</th>
            <th scope="col">{t("keys.act")}</th>
          </tr>
        </thead>
        <tbody>
          {CATALOGUE.map(({ keys, act }) => (
            <tr key={keys}>
              <th scope="row">
                <kbd>{t(`keys.${keys}`)}</kbd>
              </th>
              <td>{t(`keys.${act}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.quiet}>{t("keys.where")}</p>
    </Dialog>
  );
}
