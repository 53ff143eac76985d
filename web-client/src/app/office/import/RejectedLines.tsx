import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Note } from "../../../ui/Card";
import layout from "../../../ui/layout.module.css";
import { Table } from "../../../ui/Table";

interface RejectedLinesProps<Line> {
  lines: readonly Line[];
  /** Head of the column that says where a line stands. */
  head: string;
  where: (line: Line) => string;
  why: (line: Line) => ReactNode;
  "data-testid": string;
}

/** Every line that was not taken: where it stands, why, and its text. */
export function RejectedLines<Line extends { text: string }>(props: RejectedLinesProps<Line>) {
  const { t } = useTranslation("app");
  const { lines, head, where, why } = props;
  if (lines.length === 0) {
    return (
      <Note tone="ok">
        <CircleCheck aria-hidden="true" />
        {t("import.understood")}
      </Note>
    );
  }
  const title = t("import.refused", { count: lines.length });
  return (
    <div className={layout.tight} data-testid={props["data-testid"]}>
      <h3>{title}</h3>
      <Table
        caption={title}
        rows={lines}
        rowKey={where}
        columns={[
          { id: "where", head, rowHeader: true, cell: where },
          { id: "why", head: t("import.why"), cell: why },
          {
            id: "text",
            head: t("import.text"),
            cell: (line) => <span className={layout.code}>{line.text}</span>,
          },
        ]}
      />
    </div>
  );
}
