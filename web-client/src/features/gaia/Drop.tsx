import { Upload } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import buttons from "../../ui/button.module.css";
import styles from "./gaia.module.css";

/**
 * Files dropped or chosen: the field itself, unseen over all of the area, is the target, so that keyboard and pointer
 * take the same way and nothing speaks the language of the browser.
 */
export function Drop({ files, onFiles }: { files: readonly File[]; onFiles: (files: File[]) => void }) {
  const { t } = useTranslation("gaia");
  const id = useId();
  const [over, setOver] = useState(false);
  return (
    <div className={styles.drop} data-over={over || undefined}>
      <Upload aria-hidden="true" />
      <label htmlFor={id}>{t("import.files")}</label>
      <span className={[buttons.button, buttons.secondary, buttons.small].join(" ")} aria-hidden="true">
        {t("import.choose")}
      </span>
      <input
        id={id}
        type="file"
        multiple
        accept=".csv,text/csv"
        onDragEnter={() => setOver(true)}
        onDragLeave={() => setOver(false)}
        onDrop={() => setOver(false)}
        onChange={(event) => onFiles([...(event.target.files ?? [])])}
        data-testid="gaia-files"
      />
      {files.length > 0 ? (
        <ul className={styles.files} data-testid="gaia-chosen">
          {files.map((file) => (
            <li key={file.name}>{file.name}</li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
