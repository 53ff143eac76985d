import { FileCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { day, timeOfDay } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { useAsked } from "../../app/office/asking";
import { OfficePage } from "../../app/office/OfficePage";
import { Shown } from "../../app/office/Shown";
import type { PurgeLine, PurgeRun, RetentionReport, TermShown } from "../../protocol/office";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";
import { Table } from "../../ui/Table";
import en from "./en.json";
import fr from "./fr.json";

addWords("privacy", { fr, en });

/** How long things stay, and what the last purges did. */
export default function Retention() {
  const { t } = useTranslation("privacy");
  const report = useAsked<RetentionReport>("retention");
  return (
    <OfficePage title={t("retention.title")} intro={t("retention.intro")} back="home">
      {() => (
        <Shown of={report}>
          {({ terms, runs }) => (
            <>
              <h2>{t("retention.terms")}</h2>
              <Terms terms={terms} />
              <h2>{t("retention.runs")}</h2>
              <Runs runs={runs} />
            </>
          )}
        </Shown>
      )}
    </OfficePage>
  );
}

function Terms({ terms }: { terms: readonly TermShown[] }) {
  const { t } = useTranslation("privacy");
  return (
    <Table
      caption={t("retention.terms")}
      rows={terms}
      rowKey={(term) => term.kind}
      rowAttributes={(term) => ({ "data-testid": "term", "data-kind": term.kind })}
      columns={[
        {
          id: "kind",
          head: t("retention.kind"),
          rowHeader: true,
          cell: (term) => t(`retention.kinds.${term.kind}`),
        },
        {
          id: "term",
          head: t("retention.term"),
          cell: (term) => (
            <>
              {t(`retention.units.${term.unit}`, { count: term.count })}
              {term.before ? (
                <>
                  <br />
                  <span className={layout.small}>
                    {t("retention.before", { day: day(`${term.before}T12:00:00Z`, "UTC") })}
                  </span>
                </>
              ) : null}
            </>
          ),
        },
      ]}
    />
  );
}

interface Told extends PurgeLine {
  at: string;
}

function Runs({ runs }: { runs: readonly PurgeRun[] }) {
  const { t, i18n } = useTranslation("privacy");
  const numbers = new Intl.NumberFormat(i18n.language);
  const last = runs[0];
  const rows: Told[] = runs.flatMap((run) => run.lines.map((line) => ({ ...line, at: run.at })));
  return (
    <>
      <p className={layout.small} data-testid="last-purge">
        {last
          ? t("retention.last", {
              day: day(last.at, "Europe/Paris"),
              time: timeOfDay(last.at, "Europe/Paris"),
            })
          : t("retention.never")}
      </p>
      {runs
        .filter(({ lines }) => lines.length > 0)
        .map((run) => (
          <p key={run.id}>
            <ButtonLink
              size="small"
              look="quiet"
              href={`/api/retention/${run.id}/certificate`}
              icon={<FileCheck aria-hidden="true" />}
              download
              data-testid="certificate"
            >
              {t("retention.certificate", {
                day: day(run.at, "Europe/Paris"),
                time: timeOfDay(run.at, "Europe/Paris"),
              })}
            </ButtonLink>
          </p>
        ))}
      <Table
        caption={t("retention.runs")}
        rows={rows}
        rowKey={(row) => `${row.at}-${row.kind}-${row.academy}`}
        rowAttributes={(row) => ({ "data-testid": "purged", "data-kind": row.kind })}
        empty={t("retention.nothing")}
        columns={[
          { id: "at", head: t("retention.at"), cell: (row) => day(row.at, "Europe/Paris") },
          {
            id: "kind",
            head: t("retention.kind"),
            rowHeader: true,
            cell: (row) => t(`retention.kinds.${row.kind}`),
          },
          { id: "academy", head: t("retention.academy"), cell: (row) => row.academy || "–" },
          { id: "count", head: t("retention.count"), align: "end", cell: (row) => numbers.format(row.count) },
          { id: "held", head: t("retention.held"), align: "end", cell: (row) => numbers.format(row.held) },
        ]}
      />
      <p className={layout.small}>{t("retention.heldMeans")}</p>
    </>
  );
}
