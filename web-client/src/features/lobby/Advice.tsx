import { Check, Copy } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Opening } from "../../rtc/way";
import { Button } from "../../ui/Button";
import styles from "./lobby.module.css";

/** Browsers have no clipboard on pages that are not secure. */
const copy = async (line: string) => navigator.clipboard.writeText(line);

/** What to ask of those who keep the network: one line, ready to be sent to them. */
export function Advice({ openings }: { openings: readonly Opening[] }) {
  const { t } = useTranslation("lobby");
  const [copied, setCopied] = useState(false);
  const text = useRef<HTMLParagraphElement>(null);
  if (openings.length === 0) return null;
  const places = openings.map(({ address, port }) => t("check.advice.place", { address, port }));
  const conjunction = new Intl.ListFormat(document.documentElement.lang || "fr", { type: "conjunction" });
  const line = t("check.advice.line", { places: conjunction.format(places), site: location.host });
  return (
    <details className={styles.advice} data-testid="lobby-advice">
      <summary>{t("check.advice.title")}</summary>
      <p ref={text} className={styles.adviceLine}>
        {line}
      </p>
      <Button
        size="small"
        icon={copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        onPress={() =>
          copy(line).then(
            () => setCopied(true),
            // Without the permission the line is at least selected.
            () => text.current && getSelection()?.selectAllChildren(text.current),
          )
        }
      >
        {copied ? t("check.advice.copied") : t("check.advice.copy")}
      </Button>
    </details>
  );
}
