import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Line } from "../../app/office/Form";
import type { HoursMode, Rule } from "../../protocol/office";
import { Note } from "../../ui/Card";
import { Choices } from "../../ui/Choices";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";

const MODES = ["attestee", "inscription", "par_seance"] as const;
const KINDS = ["all", "at_least", "ratio"] as const;

/** How hours are counted, as it is typed. */
export interface TypedRules {
  /** Nothing: as the academy counts. */
  mode: HoursMode | "";
  kind: Rule["kind"];
  count: string;
  percent: string;
}

export const USUAL: TypedRules = { mode: "", kind: "all", count: "1", percent: "80" };

export const typedRules = (mode: HoursMode, rule: Rule): TypedRules => ({
  ...USUAL,
  mode,
  kind: rule.kind,
  ...(rule.kind === "at_least" ? { count: String(rule.count) } : {}),
  ...(rule.kind === "ratio" ? { percent: String(rule.percent) } : {}),
});

export function ruleOf({ kind, count, percent }: TypedRules): Rule {
  switch (kind) {
    case "all":
      return { kind };
    case "at_least":
      return { kind, count: Number(count) };
    case "ratio":
      return { kind, percent: Number(percent) };
  }
}

interface HoursRulesProps {
  typed: TypedRules;
  onChange: (typed: TypedRules) => void;
  /** How many séances of the session are required, where it has any. */
  required?: number;
}

/** Most sessions need none of this: it is folded away, and every choice says what it does. */
export function HoursRules({ typed, onChange, required }: HoursRulesProps) {
  const { t } = useTranslation("planning");
  const modes = typed.mode === "" ? (["", ...MODES] as const) : MODES;
  return (
    <Fold title={t("rules.title")} data-testid="session-rules">
      <div className={layout.form}>
        <Select<HoursMode | "">
          label={t("sessions.mode")}
          value={typed.mode}
          options={modes.map((value) => ({ value, label: t(`modes.${value || "usual"}`) }))}
          onChange={(mode) => onChange({ ...typed, mode })}
          data-testid="session-mode"
        />
        <p className={layout.small}>{t(`rules.modes.${typed.mode || "usual"}`)}</p>
        <Choices
          label={t("rules.proposal")}
          name="rule"
          value={typed.kind}
          options={KINDS.map((value) => ({ value, label: t(`rules.kinds.${value}`) }))}
          onChange={(kind) => onChange({ ...typed, kind })}
        />
        <Amount typed={typed} onChange={onChange} required={required} />
        <p className={layout.small}>{t("rules.whole")}</p>
      </div>
    </Fold>
  );
}

function Amount({ typed, onChange, required }: HoursRulesProps) {
  const { t } = useTranslation("planning");
  if (typed.kind === "all") return null;
  const name = typed.kind === "at_least" ? "count" : "percent";
  const beyond = name === "count" && required !== undefined && required > 0 && Number(typed.count) > required;
  return (
    <>
      <Line
        name="rule"
        label={t(`rules.${name}`)}
        type="number"
        min={1}
        max={name === "count" ? 999 : 100}
        required
        value={typed[name]}
        onChange={(value) => onChange({ ...typed, [name]: value })}
        data-testid={`rule-${name}`}
      />
      {beyond ? (
        <Note tone="warn" role="status">
          <TriangleAlert aria-hidden="true" />
          <span data-testid="rule-beyond">{t("rules.beyond", { count: required })}</span>
        </Note>
      ) : null}
    </>
  );
}
