import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { GaiaRejected } from "../../protocol/office";
import { Note } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import { Table } from "../../ui/Table";

/** Every line that was not taken: its file, its number, why, and its text. */
export function Rejected({ lines }: { lines: readonly GaiaRejected[] }) {
  const { t } = useTranslation("gaia");
  if (lines.length === 0) {
    return (
      <Note tone="ok">
        <CircleCheck aria-hidden="true" />
        {t("rejected.none")}
      </Note>
    );
  }
  return (
    <section className={layout.tight} aria-labelledby="rejected" data-testid="gaia-rejected">
      <h3 id="rejected">{t("rejected.title", { count: lines.length })}</h3>
      <Table
        caption={t("rejected.title", { count: lines.length })}
        rows={lines}
        rowKey={(line) => `${line.file}-${line.number}`}
        columns={[
          {
            id: "where",
            head: t("rejected.line"),
            rowHeader: true,
            cell: (line) => `${line.file}, ${line.number}`,
          },
          { id: "why", head: t("rejected.why"), cell: (line) => t(`codes.${line.code}`) },
          {
            id: "text",
            head: t("rejected.text"),
            cell: (line) => <span className={layout.code}>{line.text}</span>,
          },
        ]}
      />
    </section>
  );
}
