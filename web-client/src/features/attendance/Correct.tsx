import { Pencil } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Change, PresenceRow, PresenceSheet, Reason } from "../../protocol/office";
import { hasBegun } from "../../store/sheet";
import { Area } from "../../ui/Area";
import { Button } from "../../ui/Button";
import { Choices } from "../../ui/Choices";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { useDeciding } from "./deciding";

type Decision = "present" | "absent" | "minutes" | "attach" | "back";

/** Reasons that a trainer gives; the guided action for a shared room has its own. */
const REASONS: readonly Reason[] = [
  "PANNE_RESEAU",
  "TELEPHONE",
  "PRESENCE_PRESENTIEL",
  "ERREUR_IDENTITE",
  "EXCUSE",
  "AUTRE",
];

/** Corrects one person: who, why, confirm. What was computed stays beside it. */
export function Correct({ row }: { row: PresenceRow }) {
  const { t } = useTranslation("attendance");
  const deciding = useDeciding();
  const [open, setOpen] = useState(false);
  if (!deciding?.open) return null;
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<Pencil aria-hidden="true" />}
        onPress={() => setOpen(true)}
        aria-label={t("correct.openFor", { name: row.name || t("erased") })}
        data-testid="correct"
      >
        {t("correct.open")}
      </Button>
      <Dialog
        title={t("correct.title", { name: row.name || t("erased") })}
        isOpen={open}
        onOpenChange={setOpen}
      >
        <Form row={row} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Form({ row, onDone }: { row: PresenceRow; onDone: () => void }) {
  const { t } = useTranslation("attendance");
  const deciding = useDeciding();
  const begun = deciding === null || hasBegun(deciding.sheet);
  const [reason, setReason] = useState<Reason | null>(
    begun ? (row.validable ? null : "ERREUR_IDENTITE") : "EXCUSE",
  );
  // Before the start an absence is excused, or the excuse taken back; nothing else can be known.
  const undo = !begun && row.decided === "excuse";
  const [decision, setDecision] = useState<Decision>(() => (undo ? "back" : first(row)));
  const [minutes, setMinutes] = useState(String(row.minutes));
  const [target, setTarget] = useState("");
  const [text, setText] = useState("");
  if (!deciding) return null;
  const { seance, sheet, act, busy } = deciding;
  const excused = reason === "EXCUSE" && !undo;
  const decisions: Decision[] = undo ? ["back"] : offered(row, sheet);
  const ready =
    reason !== null && (decision !== "attach" || target !== "") && (reason !== "AUTRE" || text.trim());
  const submit = async () => {
    const change = changeOf(excused, decision, Number(minutes), target);
    const body = { people: [row.person], ...change, reason, text: text.trim(), seen: sheet.version };
    if (
      await act(`seances/${seance}/corrections`, body, t("correct.done", { name: row.name || t("erased") }))
    )
      onDone();
  };
  return (
    <form
      className={layout.form}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p className={layout.small}>{t("correct.proposed", { status: t(`statusOf.${row.status}`) })}</p>
      <Choices
        label={t("correct.reason")}
        name="reason"
        value={reason}
        options={REASONS.filter((value) => begun || value === "EXCUSE").map((value) => ({
          value,
          label: t(`reasons.${value}`),
        }))}
        onChange={setReason}
      />
      {excused ? (
        <p role="status">{t(begun ? "correct.excused" : "correct.excusedBefore")}</p>
      ) : (
        <Select
          label={t("correct.decision")}
          value={decision}
          options={decisions.map((value) => ({ value, label: t(`correct.decisions.${value}`) }))}
          onChange={setDecision}
          data-testid="correct-decision"
        />
      )}
      {decision === "minutes" && !excused ? (
        <Field
          label={t("correct.minutes")}
          type="number"
          min={0}
          max={2880}
          required
          value={minutes}
          onChange={(event) => setMinutes(event.target.value)}
        />
      ) : null}
      {decision === "attach" && !excused ? (
        <Select
          label={t("correct.attachTo")}
          value={target}
          options={[
            { value: "", label: t("correct.choose") },
            ...attachable(row, sheet).map(({ person, name }) => ({ value: person, label: name })),
          ]}
          onChange={setTarget}
          data-testid="correct-attach"
        />
      ) : null}
      <Fold title={t("correct.more")} open={reason === "AUTRE"}>
        <Area
          label={t("correct.text")}
          required={reason === "AUTRE"}
          maxLength={500}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Fold>
      <div>
        <Button type="submit" look="primary" isDisabled={busy || !ready} data-testid="correct-confirm">
          {t("correct.confirm")}
        </Button>
      </div>
    </form>
  );
}

/** The most likely wish: the other status; for a guest, whose presence it is. */
function first(row: PresenceRow): Decision {
  if (!row.validable) return "attach";
  return row.decided === "present" ? "absent" : "present";
}

function offered(row: PresenceRow, sheet: PresenceSheet): Decision[] {
  const attach: Decision[] = row.enrolled || attachable(row, sheet).length === 0 ? [] : ["attach"];
  const back: Decision[] = row.origin === "manuel" ? ["back"] : [];
  return row.validable ? ["present", "absent", "minutes", ...attach, ...back] : ["attach", ...back];
}

const attachable = (row: PresenceRow, sheet: PresenceSheet) =>
  sheet.rows.filter((other) => other.enrolled && other.person !== row.person);

function changeOf(excused: boolean, decision: Decision, minutes: number, target: string): Change {
  if (excused) return { kind: "excuse", new: true };
  switch (decision) {
    case "present":
    case "absent":
      return { kind: "status", new: decision };
    case "minutes":
      return { kind: "declared_minutes", new: minutes };
    case "attach":
      return { kind: "attach", new: target };
    case "back":
      return { kind: "status", new: null };
  }
}
