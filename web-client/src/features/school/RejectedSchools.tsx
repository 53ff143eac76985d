import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { SchoolRejected } from "../../protocol/office";
import { Note } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import { Table } from "../../ui/Table";

const CODES = ["NB_CHAMPS", "CHAMP_VIDE", "UAI_INVALIDE", "ENCODAGE", "DOUBLON", "AUTRE_ACADEMIE"] as const;

/** Every line that was not taken: its number, why, and its text. */
export function RejectedSchools({ lines }: { lines: readonly SchoolRejected[] }) {
  const { t } = useTranslation("school");
  const why = (line: SchoolRejected) => {
    const known = CODES.find((code) => code === line.code);
    return known ? t(`codes.${known}`) : line.code;
  };
  if (lines.length === 0) {
    return (
      <Note tone="ok">
        <CircleCheck aria-hidden="true" />
        {t("rejected.none")}
      </Note>
    );
  }
  return (
    <div className={layout.tight} data-testid="schools-rejected">
      <h3>{t("rejected.title", { count: lines.length })}</h3>
      <Table
        caption={t("rejected.title", { count: lines.length })}
        rows={lines}
        rowKey={(line) => String(line.line)}
        columns={[
          { id: "line", head: t("rejected.line"), rowHeader: true, cell: (line) => line.line },
          { id: "why", head: t("rejected.why"), cell: why },
          {
            id: "text",
            head: t("rejected.text"),
            cell: (line) => <span className={layout.code}>{line.text}</span>,
          },
        ]}
      />
    </div>
  );
}
