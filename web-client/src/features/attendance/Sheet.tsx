import { Download, Lock, ShieldCheck, Stamp, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day, lengthOf } from "../../app/dates";
import { fetchFile } from "../../app/files";
import { useAsked } from "../../app/office/asking";
import { ExportLog } from "../../app/office/ExportLog";
import { ExportMenu } from "../../app/office/ExportMenu";
import { Myself } from "../../app/office/Myself";
import { SeanceNav } from "../../app/office/SeanceFrame";
import { Page } from "../../app/Page";
import type { Entry } from "../../protocol/generated/protocol";
import type { PlannedSeance, PresenceSheet } from "../../protocol/office";
import { sessionHoursHref } from "../../routes";
import { type Figures, type Filter, figuresOf, isTrainer, rowsFor, rowsOf } from "../../store/sheet";
import { Button, ToggleButton } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { ButtonLink } from "../../ui/Link";
import { toast } from "../../ui/toast";
import styles from "./attendance.module.css";
import { DecidingContext, useActs } from "./deciding";
import { Heading, Rule, Ways } from "./Heading";
import { History } from "./History";
import { Legend } from "./Legend";
import { Pairs } from "./Pairs";
import { Requests } from "./Requests";
import { Rows } from "./Rows";
import { SharedRoom } from "./SharedRoom";
import { ThresholdChange } from "./ThresholdChange";

const FILTERS: readonly Filter[] = ["all", "check", "absent"];

interface SheetProps {
  seance: string;
  ticket: string | null;
  sheet: PresenceSheet;
  entry: Entry | null;
  stale: boolean;
  again: () => void;
}

/** The sheet of everybody, for trainers and organisers. */
export function Sheet({ seance, ticket, sheet, entry, stale, again }: SheetProps) {
  const { t } = useTranslation("attendance");
  const [filter, setFilter] = useState<Filter>("all");
  const figures = figuresOf(sheet);
  const rows = rowsFor(sheet, filter);
  const trainers = rows.filter(isTrainer);
  const acts = useActs(ticket, again);
  const deciding = { seance, sheet, open: !sheet.archived, ...acts };
  return (
    <Page title={t("titleOf", { title: sheet.seance.title })} actions={ticket === null ? <Myself /> : null}>
      <DecidingContext value={deciding}>
        <div className={styles.page}>
          {ticket === null ? <SeanceNav seance={seance} /> : null}
          <Heading sheet={sheet} stale={stale} />
          <FigureCards sheet={sheet} figures={figures} />
          <div>
            <Rule sheet={sheet} />
            {sheet.flags.includes("SEUIL_INATTEIGNABLE") ? (
              <Note tone="warn" className={styles.flag}>
                <TriangleAlert aria-hidden="true" />
                {t("sheetFlags.SEUIL_INATTEIGNABLE")}
              </Note>
            ) : null}
          </div>
          <div className={styles.tools}>
            {/* biome-ignore lint/a11y/useSemanticElements: a set of buttons, not of fields. */}
            <div role="group" aria-label={t("filters.label")} className={styles.filters}>
              {FILTERS.map((choice) => (
                <ToggleButton
                  key={choice}
                  size="small"
                  isSelected={filter === choice}
                  onChange={() => setFilter(choice)}
                  data-testid={`presence-filter-${choice}`}
                >
                  {t(`filters.${choice === "absent" && !sheet.closed ? "below" : choice}`, {
                    count: countOf(choice, sheet, figures),
                  })}
                </ToggleButton>
              ))}
            </div>
            <div className={styles.ways}>
              <Ways seance={seance} entry={entry} closed={sheet.closed} />
              <SharedRoom />
              <ThresholdChange />
              {ticket === null ? (
                <ExportMenu path={`seances/${seance}`} scope="seance" />
              ) : (
                <>
                  <FileButton kind="proof" ticket={ticket} look="secondary" />
                  <FileButton kind="csv" ticket={ticket} look="primary" />
                </>
              )}
            </div>
          </div>
          <Next sheet={sheet} check={figures.check} logged={ticket === null} />
          <Locked sheet={sheet} />
          <Requests sheet={sheet} />
          <Pairs sheet={sheet} />
          <Rows
            title={t("groups.participants")}
            sheet={sheet}
            rows={rows.filter((row) => !isTrainer(row))}
            empty={t(`empty.${filter === "absent" && !sheet.closed ? "below" : filter}`)}
          />
          {trainers.length > 0 ? (
            <Rows title={t("groups.trainers")} sheet={sheet} rows={trainers} empty="" leading />
          ) : null}
          <Legend sheet={sheet} />
          <History remarks={sheet.history} sheet={sheet} />
          {ticket === null ? <ExportLog scope="seance" id={seance} zone={sheet.seance.timeZone} /> : null}
          <p className={styles.proof}>
            {t("proofNote")} <a href="/api/verifier">{t("actions.verifier")}</a>
          </p>
        </div>
      </DecidingContext>
    </Page>
  );
}

/** After the séance: one press leads on to attesting, when the séance belongs to a session. */
function Next({ sheet, check, logged }: { sheet: PresenceSheet; check: number; logged: boolean }) {
  const { t } = useTranslation("attendance");
  const seance = useAsked<PlannedSeance>(logged && sheet.closed ? `seances/${sheet.seance.id}` : null);
  const session = seance.data?.sessionFormation;
  if (!session) return null;
  return (
    <div className={styles.ways}>
      <ButtonLink
        look={check === 0 ? "primary" : "secondary"}
        href={sessionHoursHref(session)}
        icon={<Stamp aria-hidden="true" />}
        data-testid="to-attest"
      >
        {check === 0 ? t("next.right") : t("next.check", { count: check })}
      </ButtonLink>
    </div>
  );
}

/** Until when trainers correct, or that it is over. */
function Locked({ sheet }: { sheet: PresenceSheet }) {
  const { t } = useTranslation("attendance");
  if (!sheet.closed) return null;
  const until = day(sheet.lockedFrom, sheet.seance.timeZone);
  const over = Date.parse(sheet.lockedFrom) < Date.parse(sheet.computedAt);
  if (!sheet.archived && !over) return <p className={styles.rule}>{t("lock.open", { day: until })}</p>;
  return (
    <Note tone="warn">
      <Lock aria-hidden="true" />
      {sheet.archived ? t("lock.archived") : t("lock.over", { day: until })}
    </Note>
  );
}

function countOf(filter: Filter, sheet: PresenceSheet, figures: Figures): number {
  return filter === "all" ? rowsOf(sheet).length : filter === "check" ? figures.check : figures.absent;
}

function FigureCards({ sheet, figures }: { sheet: PresenceSheet; figures: Figures }) {
  const { t } = useTranslation("attendance");
  const [present, absent] = sheet.closed ? (["present", "absent"] as const) : (["reached", "below"] as const);
  const tracked = sheet.thresholdMin > 0;
  return (
    <dl className={styles.figures} aria-label={t("figures.label")}>
      {tracked ? (
        <>
          <Figure
            value={figures.present}
            label={t(`figures.${present}`, { count: figures.present })}
            detail={
              figures.presentGuests > 0
                ? t("figures.guests", { count: figures.presentGuests })
                : t("figures.outOf", { count: figures.participants })
            }
            name="present"
          />
          <Figure
            value={figures.absent}
            label={t(`figures.${absent}`, { count: figures.absent })}
            name="absent"
          />
        </>
      ) : (
        <Figure value={figures.participants} label={t("groups.participants")} name="participants" />
      )}
      <Figure value={figures.check} label={t("figures.check")} name="check" />
      <Figure value={lengthOf(figures.windowMs)} label={t("figures.window")} name="window" />
    </dl>
  );
}

interface FigureProps {
  value: number | string;
  label: string;
  detail?: string;
  name: string;
}

function Figure({ value, label, detail, name }: FigureProps) {
  return (
    <div className={styles.figure} data-testid={`presence-figure-${name}`}>
      <dt>
        {label}
        {detail ? <span className={styles.detail}>{detail}</span> : null}
      </dt>
      <dd>{value}</dd>
    </div>
  );
}

/** By ticket two files are open: the sheet as a spreadsheet reads it, and the bundle of proof. */
const FILES = { csv: "/api/presence.csv", proof: "/api/presence.proof" };

interface FileButtonProps {
  kind: keyof typeof FILES;
  ticket: string;
  look: "primary" | "secondary";
}

function FileButton({ kind, ticket, look }: FileButtonProps) {
  const { t } = useTranslation("attendance");
  const [busy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    await fetchFile(FILES[kind], ticket).catch(() => toast(t("actions.failed"), "danger"));
    setBusy(false);
  };
  return (
    <Button
      size="small"
      look={look}
      icon={kind === "csv" ? <Download aria-hidden="true" /> : <ShieldCheck aria-hidden="true" />}
      isPending={busy}
      onPress={() => void press()}
      data-testid={`presence-${kind}`}
    >
      {t(`actions.${kind}`)}
    </Button>
  );
}
