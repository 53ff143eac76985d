import { FileClock } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import styles from "../ui/toast.module.css";
import { announce } from "./announcer";
import { lengthOf } from "./dates";
import { type Slow, slowFiles } from "./files";

/** What is being prepared or fetched when it takes longer than people like: since when, and how far. */
export function SlowFiles() {
  const { t } = useTranslation("app");
  const files = useStore(slowFiles, (state) => state.files);
  return files.length === 0 ? null : (
    <section className={styles.below} aria-label={t("export.slowFiles")} data-testid="slow-files">
      {files.map((file) => (
        <One key={file.id} file={file} />
      ))}
    </section>
  );
}

function One({ file }: { file: Slow }) {
  const { t } = useTranslation("app");
  const [now, setNow] = useState(performance.now());
  // Said once; the seconds are for the eye.
  useEffect(() => announce(t("export.slow")), [t]);
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const { received } = file;
  return (
    <div className={styles.toast}>
      <FileClock aria-hidden="true" />
      <p>
        {t("export.slow")} <span aria-hidden="true">{lengthOf(Math.max(0, now - file.since))}</span>
      </p>
      <progress
        aria-label={t("export.slow")}
        {...(received ? { value: received.bytes, max: received.of } : {})}
      />
    </div>
  );
}
