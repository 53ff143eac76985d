import { RotateCcw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ExportLine } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Tag } from "../../ui/Card";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { day, timeOfDay } from "../dates";
import { useAsked } from "./asking";
import { useSaving } from "./saving";

interface ExportLogProps {
  scope: "seance" | "session";
  id: string;
  zone?: string;
}

/** Every file that left, by whom, and the same bytes again. Nothing when none has left, or it is not this person's to see. */
export function ExportLog({ scope, id, zone = "Europe/Paris" }: ExportLogProps) {
  const { t } = useTranslation("app");
  const { busy, save } = useSaving();
  const log = useAsked<ExportLine[]>(`exports?scope=${scope}&id=${id}`);
  const lines = log.data ?? [];
  if (lines.length === 0) return null;
  const nameOf = ({ format }: ExportLine) =>
    t(scope === "session" && format === "pdf" ? "export.collective" : `export.${format}`, {
      defaultValue: format,
    });
  return (
    <Fold title={t("export.log", { count: lines.length })} data-testid="export-log">
      <ul className={layout.lines}>
        {lines.map((line) => (
          <li key={line.number} className={layout.line}>
            <span className={layout.small} title={`SHA-256 ${line.sha256}`}>
              {t("export.line", {
                number: line.number,
                format: nameOf(line),
                version: line.version,
                day: day(line.at, zone),
                time: timeOfDay(line.at, zone),
                author: line.authorName ?? t("export.nobody"),
              })}
            </span>
            {line.kept ? (
              <Button
                size="small"
                look="quiet"
                icon={<RotateCcw aria-hidden="true" />}
                aria-label={t("export.againOf", { number: line.number })}
                isPending={busy}
                onPress={() => save(`/api/exports/${line.number}`)}
                data-testid={`export-again-${line.number}`}
              >
                {t("export.again")}
              </Button>
            ) : (
              <Tag tone="plain">{t("export.gone")}</Tag>
            )}
          </li>
        ))}
      </ul>
    </Fold>
  );
}
