import { CalendarPlus, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { addWords } from "../../app/i18n";
import { useAsked, useSent } from "../../app/office/asking";
import { OfficePage } from "../../app/office/OfficePage";
import type { SeanceKind } from "../../protocol/generated/protocol";
import type { Me, Planned, Template } from "../../protocol/office";
import { enrolmentsHref } from "../../routes";
import { Button } from "../../ui/Button";
import { Card, Note } from "../../ui/Card";
import { Checkbox, Field } from "../../ui/Field";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { toast } from "../../ui/toast";
import en from "./en.json";
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
      {(me) => <Form me={me} />}
    </OfficePage>
  );
}

function Form({ me }: { me: Me }) {
  const { t } = useTranslation("planning");
  const [, go] = useLocation();
  const sentence = useSentence();
  const warnings = useWarnings();
  const templates = useAsked<Template[]>("templates");
  const session = new URLSearchParams(location.search).get("session");
  const [title, setTitle] = useState("");
  const [startsAt, setStartsAt] = useState("");
  const [durationMin, setDuration] = useState("60");
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
  const make = useSent<Planned | Planned[]>({
    done: t("new.done"),
    after: (answer) => {
      const made = Array.isArray(answer) ? answer : [answer];
      for (const warning of made.flatMap((one) => one.warnings)) toast(warnings(warning), "warn");
      const [first] = made;
      if (first) go(enrolmentsHref(first.seance.id));
    },
  });
  const submit = () => {
    const body = {
      title,
      startsAt,
      durationMin: Number(durationMin),
      template,
      academy: academy || undefined,
      sessionFormation: session ?? undefined,
      occurrence: second ? "second" : undefined,
      threshold: threshold === "" ? undefined : { mode: "fixed", minutes: Number(threshold) },
      recorded: recorded === "template" ? undefined : recorded === "yes",
    };
    if (Number(times) > 1) {
      make.act({
        method: "POST",
        path: "seances/series",
        body: { seance: body, every: "weekly", count: Number(times) },
      });
    } else make.act({ method: "POST", path: "seances", body });
  };
  return (
    <form
      className={layout.form}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Card className={layout.form}>
        <Field
          label={t("fields.title")}
          required
          maxLength={100}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
          data-testid="seance-title"
        />
        <div className={layout.fields}>
          <Field
            label={t("fields.startsAt")}
            type="datetime-local"
            required
            value={startsAt}
            onChange={(event) => setStartsAt(event.target.value)}
            data-testid="seance-starts"
          />
          <Field
            label={t("fields.duration")}
            type="number"
            min={5}
            max={1440}
            required
            value={durationMin}
            onChange={(event) => setDuration(event.target.value)}
            data-testid="seance-duration"
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
          <Button
            type="submit"
            look="primary"
            size="large"
            icon={<CalendarPlus aria-hidden="true" />}
            isDisabled={make.busy}
            data-testid="seance-create"
          >
            {t(Number(times) > 1 ? "new.submitSeries" : "new.submit", { count: Number(times) })}
          </Button>
        </div>
      </Card>
      <Fold title={t("fields.settings")} data-testid="seance-more">
        <div className={layout.fields}>
          <Select
            label={t("fields.template")}
            value={template}
            options={(templates.data ?? []).map(({ kind, name }) => ({ value: kind, label: name }))}
            onChange={setTemplate}
          />
          {academies.length > 1 ? (
            <Select
              label={t("fields.academy")}
              value={academy}
              options={academies.map((name) => ({ value: name, label: name }))}
              onChange={setAcademy}
            />
          ) : null}
        </div>
        <div className={layout.fields}>
          <Field
            label={t("fields.threshold")}
            hint={t("fields.thresholdHint")}
            type="number"
            min={0}
            max={1440}
            value={threshold}
            onChange={(event) => setThreshold(event.target.value)}
          />
          <Select
            label={t("fields.recorded")}
            value={recorded}
            options={(["template", "yes", "no"] as const).map((value) => ({
              value,
              label: t(`fields.recordedChoice.${value}`),
            }))}
            onChange={setRecorded}
          />
          <Field
            label={t("fields.times")}
            hint={t("fields.timesHint")}
            type="number"
            min={1}
            max={52}
            value={times}
            onChange={(event) => setTimes(event.target.value)}
          />
        </div>
      </Fold>
    </form>
  );
}
