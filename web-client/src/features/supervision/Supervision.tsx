import { ChevronLeft, ChevronRight, Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { calendarPeriod, hoursOf } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { useAsked } from "../../app/office/asking";
import { useNames } from "../../app/office/names";
import { OfficePage } from "../../app/office/OfficePage";
import { Shown } from "../../app/office/Shown";
import { useSaving } from "../../app/office/saving";
import type { Cell, Supervision as SupervisionAnswer } from "../../protocol/office";
import { Button, ToggleButton } from "../../ui/Button";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { type Column, Table } from "../../ui/Table";
import en from "./en.json";
import fr from "./fr.json";
import styles from "./supervision.module.css";
import { Years } from "./Years";

addWords("supervision", { fr, en });

const COUNTINGS = ["attestee", "inscription"] as const;
const FORMATS = ["csv", "xlsx"] as const;

/** The hours of the teachers of a circonscription, counted in the two known ways. No minute of connection. */
export default function Supervision() {
  const { t } = useTranslation("supervision");
  const [mode, setMode] = useState<(typeof COUNTINGS)[number]>("attestee");
  const [wanted, setWanted] = useState({ year: "", circonscription: "", school: "", search: "" });
  const [page, setPage] = useState(1);
  const { busy, save } = useSaving();
  const want = (name: keyof typeof wanted) => (value: string) => {
    setWanted({ ...wanted, [name]: value });
    setPage(1);
  };
  const query = new URLSearchParams({ mode });
  for (const [name, value] of Object.entries(wanted)) {
    if (value.trim()) query.set(name, value.trim());
  }
  const answer = useAsked<SupervisionAnswer>(`supervision?${query}&page=${page}`, { stays: true });
  return (
    <OfficePage
      title={t("title")}
      intro={t("intro")}
      back="home"
      actions={
        <div className={layout.cluster}>
          {FORMATS.map((format) => (
            <Button
              key={format}
              icon={<Download aria-hidden="true" />}
              isPending={busy}
              onPress={() => save(`/api/supervision/export/${format}?${query}`)}
              data-testid={`supervision-${format}`}
            >
              {t(`exports.${format}`)}
            </Button>
          ))}
        </div>
      }
    >
      {() => (
        <>
          <search className={layout.tight}>
            {/* biome-ignore lint/a11y/useSemanticElements: a set of buttons, not of fields. */}
            <div role="group" aria-label={t("counting")} className={layout.cluster}>
              {COUNTINGS.map((choice) => (
                <ToggleButton
                  key={choice}
                  isSelected={mode === choice}
                  onChange={() => setMode(choice)}
                  data-testid={`counting-${choice}`}
                >
                  {t(`countings.${choice}`)}
                </ToggleButton>
              ))}
            </div>
            <div className={layout.fields}>
              <Years value={wanted.year} onChange={want("year")} answer={answer.data} />
              {(answer.data?.circonscriptions.length ?? 0) > 1 ? (
                <Select
                  label={t("circonscription")}
                  value={wanted.circonscription}
                  options={[
                    { value: "", label: t("all") },
                    ...(answer.data?.circonscriptions ?? []).map((name) => ({ value: name, label: name })),
                  ]}
                  onChange={want("circonscription")}
                />
              ) : null}
              <Field
                label={t("school")}
                type="search"
                value={wanted.school}
                onChange={(event) => want("school")(event.target.value)}
                data-testid="supervision-school"
              />
              <Field
                label={t("teacher")}
                type="search"
                value={wanted.search}
                onChange={(event) => want("search")(event.target.value)}
                data-testid="supervision-search"
              />
            </div>
          </search>
          <Shown of={answer}>
            {(report) => (
              <>
                <Report report={report} />
                <Legend report={report} />
                <Pages report={report} onTurn={setPage} />
              </>
            )}
          </Shown>
        </>
      )}
    </OfficePage>
  );
}

type Row = SupervisionAnswer["rows"][number];

/** Both parts together; null when nobody filled them in. */
function announced({ distance, presence }: SupervisionAnswer["columns"][number]["announced"]): string | null {
  return distance === null && presence === null ? null : hoursOf((distance ?? 0) + (presence ?? 0));
}

function Report({ report }: { report: SupervisionAnswer }) {
  const { t } = useTranslation("supervision");
  const cell = useCell();
  const names = useNames();
  const columns: Column<Row>[] = [
    {
      id: "name",
      head: t("teacher"),
      rowHeader: true,
      className: styles.name,
      cell: (row) => (
        <>
          {names.listed(row)}
          <br />
          <span className={layout.small}>{[row.school, row.town].filter(Boolean).join(" – ")}</span>
        </>
      ),
    },
    ...report.columns.map(
      (session, index): Column<Row> => ({
        id: session.sessionFormation,
        align: "end",
        className: styles.session,
        head: (
          <>
            {session.title}
            <br />
            <span className={layout.small}>
              {calendarPeriod(session.startsOn, session.endsOn)}
              <br />
              {session.trainers.join(", ") || t("noTrainers")}
              <br />
              {announced(session.announced) ?? t("noDuration")}
            </span>
          </>
        ),
        cell: (row) => cell(row.cells[index] ?? { kind: "blank" }),
      }),
    ),
    {
      id: "total",
      head: t("total"),
      align: "end",
      cell: (row) => <strong>{hoursOf(row.total)}</strong>,
    },
  ];
  return (
    <Table
      caption={t("caption", { year: report.schoolYear })}
      columns={columns}
      rows={report.rows}
      rowKey={(row) => row.person}
      rowAttributes={(row) => ({ "data-testid": "supervised", "data-name": row.lastName })}
      empty={t("nobody")}
    />
  );
}

/** What the abbreviations of the cells mean; those only that are on the screen. */
function Legend({ report }: { report: SupervisionAnswer }) {
  const { t } = useTranslation("supervision");
  const shown = new Set(report.rows.flatMap((row) => row.cells.map((cell) => cell.kind)));
  const told = [
    shown.has("not_filled") ? t("legend.notFilled") : "",
    shown.has("attested_without_duration") ? t("legend.attestedWithoutDuration") : "",
  ].filter(Boolean);
  return told.length === 0 ? null : (
    <p className={layout.small} data-testid="supervision-legend">
      {told.join(" ")}
    </p>
  );
}

/** How many there are, and the way to the others. */
function Pages({ report, onTurn }: { report: SupervisionAnswer; onTurn: (page: number) => void }) {
  const { t } = useTranslation("supervision");
  const { people, page, pages } = report;
  return (
    <nav className={layout.cluster} aria-label={t("pages.label")}>
      <p role="status">{t("pages.people", { count: people })}</p>
      {pages > 1 ? (
        <>
          <Button
            size="small"
            icon={<ChevronLeft aria-hidden="true" />}
            isDisabled={page <= 1}
            onPress={() => onTurn(page - 1)}
            data-testid="page-before"
          >
            {t("pages.before")}
          </Button>
          <span>{t("pages.which", { page, pages })}</span>
          <Button
            size="small"
            icon={<ChevronRight aria-hidden="true" />}
            isDisabled={page >= pages}
            onPress={() => onTurn(page + 1)}
            data-testid="page-after"
          >
            {t("pages.after")}
          </Button>
        </>
      ) : null}
    </nav>
  );
}

/** As the inspectors' tool writes it: `3 h`, `0`, `NR`, `100 %`. */
function useCell(): (cell: Cell) => string {
  const { t } = useTranslation("supervision");
  return (cell) => {
    switch (cell.kind) {
      case "blank":
        return "";
      case "hours":
        return cell.minutes === 0 ? "0" : hoursOf(cell.minutes);
      case "not_filled":
        return t("notFilled");
      case "attested_without_duration":
        return t("attestedWithoutDuration");
    }
  };
}
