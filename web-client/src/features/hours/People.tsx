import { CircleCheck, CircleMinus, CircleX, Clock, FileText, TriangleAlert, UserX } from "lucide-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { day } from "../../app/dates";
import { HoursException } from "../../app/office/HoursException";
import { useHoursWords } from "../../app/office/hours";
import { useNames } from "../../app/office/names";
import type { Outcome, Parts, PersonHours, SessionHours } from "../../protocol/office";
import { Tag } from "../../ui/Card";
import { ButtonLink } from "../../ui/Link";
import { Long } from "../../ui/Long";
import layout from "../../ui/layout.module.css";
import { type Column, Table } from "../../ui/Table";
import { ByHand } from "./ByHand";

const OUTCOMES = {
  present: { Icon: CircleCheck, tone: "ok" },
  absent: { Icon: CircleX, tone: "danger" },
  excused: { Icon: UserX, tone: "plain" },
  silent: { Icon: CircleMinus, tone: "plain" },
  to_come: { Icon: Clock, tone: "plain" },
} as const satisfies Record<Outcome, { Icon: typeof CircleCheck; tone: "ok" | "danger" | "plain" }>;

/** One row a trainee: each séance, the proposal, the decision, the hours. */
export function People({ hours }: { hours: SessionHours }) {
  const { t } = useTranslation("hours");
  const words = useHoursWords();
  const names = useNames();
  const columns: Column<PersonHours>[] = [
    {
      id: "name",
      head: t("columns.name"),
      rowHeader: true,
      cell: (row) => (
        <>
          {names.listed(row)}
          <br />
          <span className={layout.small}>{[row.school, row.town].filter(Boolean).join(", ")}</span>
        </>
      ),
    },
    ...hours.seances.map(
      (seance, index): Column<PersonHours> => ({
        id: seance.seance,
        head: (
          <>
            {seance.title}
            <br />
            <span className={layout.small}>{day(seance.startsAt, seance.timeZone)}</span>
          </>
        ),
        cell: (row) => <Held outcome={row.outcomes[index] ?? "silent"} />,
      }),
    ),
    ...(hours.halfDays > 0
      ? [
          {
            id: "signed",
            head: t("columns.signed"),
            cell: (row: PersonHours) => t("signed", { signed: row.signed, all: hours.halfDays }),
          },
        ]
      : []),
    { id: "proposal", head: t("columns.proposal"), cell: (row) => <PartsWords parts={row.proposal} /> },
    { id: "decision", head: t("columns.decision"), cell: (row) => <Decision hours={hours} row={row} /> },
    {
      id: "hours",
      head: t("columns.hours"),
      align: "end",
      cell: (row) => <span data-testid="row-hours">{words(row.hours)}</span>,
    },
    {
      id: "acts",
      head: <span className="visually-hidden">{t("columns.acts")}</span>,
      cell: (row) => (hours.archived ? null : <ByHand hours={hours} row={row} />),
    },
  ];
  return (
    <Long rows={hours.rows} text={names.listed}>
      {(some) => (
        <Table
          caption={t("title")}
          columns={columns}
          rows={some}
          rowKey={(row) => row.person}
          rowAttributes={(row) => ({ "data-testid": "hours-row", "data-name": row.lastName })}
          empty={t("nobody")}
        />
      )}
    </Long>
  );
}

function Held({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation("hours");
  const { Icon, tone } = OUTCOMES[outcome];
  return (
    <Tag tone={tone}>
      <Icon aria-hidden="true" />
      {t(`outcomes.${outcome}`)}
    </Tag>
  );
}

function PartsWords({ parts }: { parts: Parts }) {
  const { t } = useTranslation("hours");
  if (parts.distance && parts.presence) return t("parts.both");
  return t(parts.distance ? "parts.distance" : parts.presence ? "parts.presence" : "parts.none");
}

function Decision({ hours, row }: { hours: SessionHours; row: PersonHours }) {
  const { t } = useTranslation("hours");
  const names = useNames();
  const { attestation } = row;
  return (
    <span className={layout.cluster}>
      {attestation ? (
        <>
          <Tag tone={attestation.attested.distance || attestation.attested.presence ? "ok" : "plain"}>
            <PartsWords parts={attestation.attested} />
          </Tag>
          {attestation.byHand ? (
            <span className={layout.small}>{t("byHand.told", { reason: attestation.reason })}</span>
          ) : null}
          {attestation.paper ? (
            <ButtonLink
              size="small"
              look="quiet"
              href={`/api/attestations/${attestation.id}/pdf`}
              icon={<FileText aria-hidden="true" />}
            >
              {t("pdf")}
              <span className="visually-hidden"> {row.lastName}</span>
            </ButtonLink>
          ) : null}
        </>
      ) : (
        <Tag tone="plain">{t("notYet")}</Tag>
      )}
      {row.flags.map((flag) => (
        <Fragment key={flag}>
          <Tag tone="warn">
            <TriangleAlert aria-hidden="true" />
            {t(FLAGS.has(flag) ? (`flags.${flag}` as "flags.DOUBLE_ROLE") : "flags.other", { code: flag })}
          </Tag>
          {flag === DOUBLE_ROLE && !hours.archived ? (
            <HoursException
              session={hours.sessionFormation}
              person={row.person}
              name={names.spoken(row)}
              kind="double_role"
            />
          ) : null}
        </Fragment>
      ))}
    </span>
  );
}

/** In the lists of trainers and of trainees: hours as a trainee wait for a decision. */
const DOUBLE_ROLE = "DOUBLE_ROLE";

const FLAGS = new Set([DOUBLE_ROLE, "CHEVAUCHEMENT", "JAMAIS_CONNECTE", "HORS_GAIA", "a_verifier"]);
