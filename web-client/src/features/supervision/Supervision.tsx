import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hoursOf } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { useAsked } from "../../app/office/asking";
import { OfficePage } from "../../app/office/OfficePage";
import { Shown } from "../../app/office/Shown";
import type { Cell, Supervision as SupervisionAnswer } from "../../protocol/office";
import { ToggleButton } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { type Column, Table } from "../../ui/Table";
import en from "./en.json";
import fr from "./fr.json";
import { schoolYears, yearNow } from "./years";

addWords("supervision", { fr, en });

const COUNTINGS = ["attestee", "inscription"] as const;

/** The hours of the teachers of a circonscription, counted in the two known ways. No minute of connection. */
export default function Supervision() {
  const { t } = useTranslation("supervision");
  const [year, setYear] = useState(yearNow);
  const [mode, setMode] = useState<(typeof COUNTINGS)[number]>("attestee");
  const [circonscription, setCirconscription] = useState("");
  const [school, setSchool] = useState("");
  const [search, setSearch] = useState("");
  const query = new URLSearchParams({ year, mode });
  for (const [name, value] of Object.entries({ circonscription, school, search })) {
    if (value.trim()) query.set(name, value.trim());
  }
  const answer = useAsked<SupervisionAnswer>(`supervision?${query}`);
  return (
    <OfficePage
      title={t("title")}
      intro={t("intro")}
      back="home"
      actions={
        <ButtonLink
          href={`/api/supervision/export/csv?${query}`}
          download
          icon={<Download aria-hidden="true" />}
        >
          {t("export")}
        </ButtonLink>
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
              <Select label={t("year")} value={year} options={schoolYears(yearNow())} onChange={setYear} />
              {(answer.data?.circonscriptions.length ?? 0) > 1 ? (
                <Select
                  label={t("circonscription")}
                  value={circonscription}
                  options={[
                    { value: "", label: t("all") },
                    ...(answer.data?.circonscriptions ?? []).map((name) => ({ value: name, label: name })),
                  ]}
                  onChange={setCirconscription}
                />
              ) : null}
              <Field label={t("school")} value={school} onChange={(event) => setSchool(event.target.value)} />
              <Field
                label={t("teacher")}
                type="search"
                value={search}
                onChange={(event) => setSearch(event.target.value)}
              />
            </div>
          </search>
          <Shown of={answer}>{(report) => <Report report={report} />}</Shown>
        </>
      )}
    </OfficePage>
  );
}

type Row = SupervisionAnswer["rows"][number];

function Report({ report }: { report: SupervisionAnswer }) {
  const { t } = useTranslation("supervision");
  const cell = useCell();
  const columns: Column<Row>[] = [
    {
      id: "name",
      head: t("teacher"),
      rowHeader: true,
      cell: (row) => (
        <>
          {row.lastName} {row.firstName}
          <br />
          <span className={layout.small}>{[row.school, row.town].filter(Boolean).join(" – ")}</span>
        </>
      ),
    },
    ...report.columns.map(
      (session, index): Column<Row> => ({
        id: session.sessionFormation,
        align: "end",
        head: (
          <>
            {session.title}
            <br />
            <span className={layout.small}>
              {session.startsOn} – {session.endsOn}
              <br />
              {session.trainers.join(", ")}
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
