import { Download, ShieldCheck, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { lengthOf } from "../../app/dates";
import { Page } from "../../app/Page";
import type { PresenceSheet } from "../../protocol/generated/attendance";
import type { Entry } from "../../protocol/generated/protocol";
import { type Figures, type Filter, figuresOf, isTrainer, rowsFor } from "../../store/sheet";
import { Button, ToggleButton } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { toast } from "../../ui/toast";
import styles from "./attendance.module.css";
import { Heading, Rule, Ways } from "./Heading";
import { Legend } from "./Legend";
import { download, type FileKind } from "./presence";
import { Rows } from "./Rows";

const FILTERS: readonly Filter[] = ["all", "check", "absent"];

interface SheetProps {
  seance: string;
  ticket: string;
  sheet: PresenceSheet;
  entry: Entry;
  stale: boolean;
}

/** The sheet of everybody, for trainers and organisers. */
export function Sheet({ seance, ticket, sheet, entry, stale }: SheetProps) {
  const { t } = useTranslation("attendance");
  const [filter, setFilter] = useState<Filter>("all");
  const figures = figuresOf(sheet);
  const rows = rowsFor(sheet, filter);
  const trainers = rows.filter(isTrainer);
  return (
    <Page title={t("titleOf", { title: sheet.seance.title })}>
      <div className={styles.page}>
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
            <FileButton kind="proof" ticket={ticket} look="secondary" />
            <FileButton kind="csv" ticket={ticket} look="primary" />
          </div>
        </div>
        <Rows
          title={t("groups.participants")}
          sheet={sheet}
          rows={rows.filter((row) => !isTrainer(row))}
          empty={t(`empty.${filter === "absent" && !sheet.closed ? "below" : filter}`)}
        />
        {trainers.length > 0 ? (
          <Rows title={t("groups.trainers")} sheet={sheet} rows={trainers} empty="" judged={false} />
        ) : null}
        <Legend sheet={sheet} />
        <p className={styles.proof}>
          {t("proofNote")} <a href="/api/verifier">{t("actions.verifier")}</a>
        </p>
      </div>
    </Page>
  );
}

function countOf(filter: Filter, sheet: PresenceSheet, figures: Figures): number {
  return filter === "all" ? sheet.rows.length : filter === "check" ? figures.check : figures.absent;
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

interface FileButtonProps {
  kind: FileKind;
  ticket: string;
  look: "primary" | "secondary";
}

function FileButton({ kind, ticket, look }: FileButtonProps) {
  const { t } = useTranslation("attendance");
  const [busy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    await download(kind, ticket).catch(() => toast(t("actions.failed"), "danger"));
    setBusy(false);
  };
  return (
    <Button
      size="small"
      look={look}
      icon={kind === "csv" ? <Download aria-hidden="true" /> : <ShieldCheck aria-hidden="true" />}
      isDisabled={busy}
      onPress={() => void press()}
      data-testid={`presence-${kind}`}
    >
      {t(`actions.${kind}`)}
    </Button>
  );
}
