import { CalendarPlus, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { addWords } from "../../app/i18n";
import { useAsked } from "../../app/office/asking";
import { Form, Line, Submit } from "../../app/office/Form";
import { OfficePage } from "../../app/office/OfficePage";
import type { SeanceKind } from "../../protocol/generated/protocol";
import type { Me, Planned, Template } from "../../protocol/office";
import { enrolmentsHref } from "../../routes";
import { Card, Note } from "../../ui/Card";
import { Checkbox } from "../../ui/Field";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { toast } from "../../ui/toast";
import en from "./en.json";
import { DurationField, StartField, ThresholdField, TitleField, thresholdOf } from "./fields";
import fr from "./fr.json";
import { hourTwice } from "./local";
import { useSentence } from "./sentence";
import { useWarnings } from "./warnings";

addWords("planning", { fr, en });

/** Title, date and hour, length, and one press; the template decides the rest and says it in a sentence. */
export default function NewSeance() {
  const { t } = useTranslation("planning");
  return (
    <OfficePage title={t("new.title")} back="home">
      {(me) => <Fields me={me} />}
    </OfficePage>
  );
}

function Fields({ me }: { me: Me }) {
  const { t } = useTranslation("planning");
  const [, go] = useLocation();
  const sentence = useSentence();
  const warnings = useWarnings();
  const templates = useAsked<Template[]>("templates");
  const session = new URLSearchParams(location.search).get("session");
  const [title, setTitle] = useState("");
  const [startsAt, setStartsAt] = useState("");
  const [typedMin, setDuration] = useState<string | null>(null);
  const [template, setTemplate] = useState<SeanceKind>("classe_virtuelle");
  const [second, setSecond] = useState(false);
  const [threshold, setThreshold] = useState("");
  const [recorded, setRecorded] = useState<"template" | "yes" | "no">("template");
  const [times, setTimes] = useState("1");
  const academies = me.roles
    .filter(({ scope, role }) => scope && role !== "inspecteur")
    .map(({ scope }) => scope);
  const [academy, setAcademy] = useState(academies[0] ?? me.person.academy);
  const chosen = templates.data?.find(({ kind }) => kind === template);
  // What nobody typed is the template's.
  const durationMin = typedMin ?? String(chosen?.durationMin ?? 60);
  const body = () => ({
    title,
    startsAt,
    durationMin: Number(durationMin),
    template,
    // Within a session it is the session's, whatever the roles of who plans.
    academy: session ? undefined : academy || undefined,
    sessionFormation: session ?? undefined,
    occurrence: second ? "second" : undefined,
    threshold: threshold === "" ? undefined : thresholdOf(threshold),
    recorded: recorded === "template" ? undefined : recorded === "yes",
  });
  const count = Number(times);
  return (
    <Form<Planned | Planned[]>
      act={() =>
        count > 1
          ? { method: "POST", path: "seances/series", body: { seance: body(), every: "weekly", count } }
          : { method: "POST", path: "seances", body: body() }
      }
      done={t("new.done")}
      after={(answer) => {
        const made = Array.isArray(answer) ? answer : [answer];
        for (const warning of made.flatMap((one) => one.warnings)) toast(warnings(warning), "warn");
        const [first] = made;
        if (first) go(enrolmentsHref(first.seance.id));
      }}
    >
      <Card className={layout.form}>
        <TitleField value={title} onChange={setTitle} testId="seance-title" />
        <div className={layout.fields}>
          <StartField value={startsAt} onChange={setStartsAt} testId="seance-starts" />
          <DurationField
            kind={template}
            value={durationMin}
            onChange={setDuration}
            testId="seance-duration"
          />
        </div>
        {chosen ? <p className={layout.small}>{sentence(chosen, Number(durationMin))}</p> : null}
        {hourTwice(startsAt) ? (
          <Note tone="warn">
            <TriangleAlert aria-hidden="true" />
            <Checkbox
              label={t("new.second")}
              checked={second}
              onChange={(event) => setSecond(event.target.checked)}
            />
          </Note>
        ) : null}
        <div>
          <Submit size="large" icon={<CalendarPlus aria-hidden="true" />} data-testid="seance-create">
            {t(count > 1 ? "new.submitSeries" : "new.submit", { count })}
          </Submit>
        </div>
      </Card>
      <Fold title={t("fields.settings")} data-testid="seance-more">
        <div className={layout.fields}>
          <Select
            label={t("fields.template")}
            value={template}
            options={(templates.data ?? []).map(({ kind, name }) => ({ value: kind, label: name }))}
            onChange={(kind) => {
              // Days of a permanent room are no length of a class.
              if ([kind, template].includes("permanente")) setDuration(null);
              setTemplate(kind);
            }}
            data-testid="seance-template"
          />
          {academies.length > 1 && !session ? (
            <Select
              label={t("fields.academy")}
              value={academy}
              options={academies.map((name) => ({ value: name, label: name }))}
              onChange={setAcademy}
            />
          ) : null}
        </div>
        <div className={layout.fields}>
          <ThresholdField value={threshold} onChange={setThreshold} />
          <Select
            label={t("fields.recorded")}
            value={recorded}
            options={(["template", "yes", "no"] as const).map((value) => ({
              value,
              label: t(`fields.recordedChoice.${value}`),
            }))}
            onChange={setRecorded}
          />
          <Line
            name="count"
            label={t("fields.times")}
            hint={t("fields.timesHint")}
            type="number"
            min={1}
            max={52}
            value={times}
            onChange={setTimes}
          />
        </div>
      </Fold>
    </Form>
  );
}
