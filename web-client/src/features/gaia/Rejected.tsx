import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { GaiaRejected, GaiaRemark } from "../../protocol/office";
import { Note } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import { Table } from "../../ui/Table";

/** Every line that was not taken: its file, its number, why, and its text. */
export function Rejected({
  lines,
  remarks,
}: {
  lines: readonly GaiaRejected[];
  remarks: readonly GaiaRemark[];
}) {
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
    <div className={layout.tight} data-testid="gaia-rejected">
      <h3>{t("rejected.title", { count: lines.length })}</h3>
      <Table
        caption={t("rejected.title", { count: lines.length })}
        rows={lines}
        rowKey={(line) => `${line.file}-${line.line}`}
        columns={[
          {
            id: "where",
            head: t("rejected.line"),
            rowHeader: true,
            cell: (line) => `${line.file}, ${line.line}`,
          },
          { id: "why", head: t("rejected.why"), cell: (line) => <Why line={line} /> },
          {
            id: "text",
            head: t("rejected.text"),
            cell: (line) => <span className={layout.code}>{line.text}</span>,
          },
        ]}
      />
      {remarks.length > 0 ? (
        <ul className={layout.lines}>
          {remarks.map((remark) => (
            <li key={`${remark.file}-${remark.line}`} lang="fr">
              {remark.file}, {remark.line} : {remark.what}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

const CODES = ["NB_CHAMPS", "CHAMP_VIDE", "CHAMP_INVALIDE", "DATE_INVALIDE", "ENCODAGE", "DOUBLON"] as const;

/** The reason in the words of the page, with what the server found besides. */
function Why({ line }: { line: GaiaRejected }) {
  const { t } = useTranslation("gaia");
  const known = CODES.find((code) => code === line.code);
  return (
    <>
      {known ? t(`codes.${known}`) : line.code}
      <br />
      <span className={layout.small} lang="fr">
        {line.why}
      </span>
    </>
  );
}
