import { Info } from "lucide-react";
import { useTranslation } from "react-i18next";
import { day, timeOfDay } from "../../app/dates";
import type { GaiaPreview } from "../../protocol/office";
import { Note } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import { Table } from "../../ui/Table";

const SORTS = ["sessions", "trainers", "trainees"] as const;
const CHANGES = ["added", "changed", "removed", "same"] as const;

/** What the files would change, sort by sort. */
export function Changes({ preview }: { preview: GaiaPreview }) {
  const { t } = useTranslation("gaia");
  return (
    <div className={layout.tight}>
      {preview.importedAt ? (
        <Note>
          <Info aria-hidden="true" />
          {t("import.again", {
            day: day(preview.importedAt, "Europe/Paris"),
            time: timeOfDay(preview.importedAt, "Europe/Paris"),
          })}
        </Note>
      ) : null}
      <Table
        caption={t("import.found")}
        rows={SORTS}
        rowKey={(sort) => sort}
        columns={[
          { id: "sort", head: t("counts.sort"), rowHeader: true, cell: (sort) => t(`counts.${sort}`) },
          ...CHANGES.map((change) => ({
            id: change,
            head: t(`counts.${change}`),
            align: "end" as const,
            cell: (sort: (typeof SORTS)[number]) => (
              <span data-testid={`gaia-${sort}-${change}`}>{preview[sort][change]}</span>
            ),
          })),
        ]}
      />
    </div>
  );
}
