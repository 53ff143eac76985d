import { Upload } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./gaia.module.css";

/** Files dropped or chosen: the field itself is the target, so keyboard and pointer take the same way. */
export function Drop({ files, onFiles }: { files: readonly File[]; onFiles: (files: File[]) => void }) {
  const { t } = useTranslation("gaia");
  const id = useId();
  const [over, setOver] = useState(false);
  return (
    <div className={styles.drop} data-over={over || undefined}>
      <Upload aria-hidden="true" />
      <label htmlFor={id}>{t("import.files")}</label>
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
