import { useTranslation } from "react-i18next";
import { timeOfDay } from "../../app/dates";
import type { PresenceRow, PresenceSheet } from "../../protocol/office";
import { hasReplays } from "../../store/sheet";
import { Long } from "../../ui/Long";
import { type Column, Table } from "../../ui/Table";
import styles from "./attendance.module.css";
import { Arrival, Departure, Intervention, Person, Remarks, ReplaySeen, Time, Verdict } from "./cells";
import { useNarrow } from "./narrow";
import { Strip } from "./Strip";

interface RowsProps {
  title: string;
  sheet: PresenceSheet;
  rows: readonly PresenceRow[];
  /** Said when there is no row. */
  empty: string;
  /** For those who lead: not whether they were present, but whether their intervention is credited. */
  leading?: boolean;
}

/** One row a person: a table where there is room, cards on a phone. */
export function Rows({ title, sheet, rows, empty, leading = false }: RowsProps) {
  const narrow = useNarrow();
  const columns = useColumns(sheet, leading);
  return (
    <div className={styles.group}>
      <h2>{title}</h2>
      <Long rows={rows} text={({ name }) => name}>
        {(some) =>
          narrow ? (
            <Cards sheet={sheet} rows={some} empty={empty} leading={leading} />
          ) : (
            <Table
              caption={title}
              columns={columns}
              rows={some}
              rowKey={(row) => row.person}
              rowAttributes={attributes}
              empty={empty}
            />
          )
        }
      </Long>
    </div>
  );
}

function attributes(row: PresenceRow): Record<string, string> {
  return { "data-testid": "presence-row", "data-name": row.name, "data-status": row.decided };
}

function useColumns(sheet: PresenceSheet, leading: boolean): Column<PresenceRow>[] {
  const { t } = useTranslation("attendance");
  const zone = sheet.seance.timeZone;
  const column = (id: Exclude<keyof typeof CELLS, "strip">): Column<PresenceRow> => {
    const Cell = CELLS[id];
    return {
      id,
      head: t(`columns.${id}`),
      cell: (row) => <Cell row={row} sheet={sheet} />,
      className: styles[id],
    };
  };
  return [
    { ...column("person"), rowHeader: true },
    {
      id: "strip",
      head: (
        <span className={styles.axis}>
          <span>{timeOfDay(sheet.windowStart, zone)}</span>
          <span>{t("columns.strip")}</span>
          <span>{timeOfDay(sheet.windowEnd, zone)}</span>
        </span>
      ),
      cell: (row) => <Strip row={row} sheet={sheet} />,
      className: styles.stripCell,
    },
    column("arrival"),
    column("departure"),
    { ...column("presence"), align: "end" },
    ...(hasReplays(sheet) ? [{ ...column("replay"), align: "end" } as const] : []),
    column(leading ? "intervention" : "status"),
    column("remarks"),
  ];
}

const CELLS = {
  person: Person,
  strip: Strip,
  arrival: Arrival,
  departure: Departure,
  presence: Time,
  replay: ReplaySeen,
  status: Verdict,
  intervention: Intervention,
  remarks: Remarks,
};

function Cards({ sheet, rows, empty, leading }: Omit<RowsProps, "title">) {
  const { t } = useTranslation("attendance");
  if (rows.length === 0) return <p className={styles.empty}>{empty}</p>;
  const replay = hasReplays(sheet) ? (["replay"] as const) : [];
  const facts = ["arrival", "departure", "presence", ...replay] as const;
  return (
    <ul className={styles.cards}>
      {rows.map((row) => (
        <li key={row.person} className={styles.card} {...attributes(row)}>
          <div className={styles.cardHead}>
            <h3>
              <Person row={row} sheet={sheet} />
            </h3>
            {leading ? <Intervention row={row} sheet={sheet} /> : <Verdict row={row} sheet={sheet} />}
          </div>
          <Strip row={row} sheet={sheet} />
          <dl className={styles.facts}>
            {facts.map((id) => {
              const Cell = CELLS[id];
              return (
                <div key={id}>
                  <dt>{t(`columns.${id}`)}</dt>
                  <dd>
                    <Cell row={row} sheet={sheet} />
                  </dd>
                </div>
              );
            })}
          </dl>
          <Remarks row={row} sheet={sheet} />
        </li>
      ))}
    </ul>
  );
}
