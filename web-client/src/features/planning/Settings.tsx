import { Ban, CalendarDays, Copy, Save } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { addWords } from "../../app/i18n";
import { useSent } from "../../app/office/asking";
import { Form, Line, Submit } from "../../app/office/Form";
import { SeanceFrame } from "../../app/office/SeanceFrame";
import type { Planned, PlannedSeance } from "../../protocol/office";
import { settingsHref } from "../../routes";
import { Button } from "../../ui/Button";
import { Card, Note } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";
import { Checkbox } from "../../ui/Field";
import { Fold } from "../../ui/Fold";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";
import { toast } from "../../ui/toast";
import en from "./en.json";
import { DurationField, StartField, ThresholdField, TitleField, thresholdOf, typedThreshold } from "./fields";
import fr from "./fr.json";
import { localOf } from "./local";
import { useWarnings } from "./warnings";

addWords("planning", { fr, en });

/** What was planned for one séance, to be changed as long as it has not begun. */
export default function Settings({ seance }: { seance: string }) {
  const { t } = useTranslation("planning");
  return (
    <SeanceFrame seance={seance} title={t("settings.title")}>
      {(view) => (
        <>
          {view.state === "cancelled" ? <Note tone="danger">{t("settings.cancelled")}</Note> : null}
          <Fields key={view.sequence} view={view} />
          <Ways view={view} />
        </>
      )}
    </SeanceFrame>
  );
}

function Fields({ view }: { view: PlannedSeance }) {
  const { t } = useTranslation("planning");
  const warnings = useWarnings();
  const [title, setTitle] = useState(view.title);
  const [startsAt, setStartsAt] = useState(() => localOf(view.startsAt, view.timeZone));
  const [durationMin, setDuration] = useState(String(view.durationMin));
  const [threshold, setThreshold] = useState(() => typedThreshold(view.threshold));
  const [recorded, setRecorded] = useState(view.recorded);
  const [guests, setGuests] = useState(view.guests);
  const [required, setRequired] = useState(view.required);
  const [credit, setCredit] = useState(view.creditMin === null ? "" : String(view.creditMin));
  const creditMin = credit === "" ? null : Number(credit);
  const [waits, setWaits] = useState(view.lobby === "host_absent");
  const fixed = view.state !== "planned" || Date.parse(view.startsAt) <= Date.now();
  const schedule = () => ({
    ...(startsAt === localOf(view.startsAt, view.timeZone) ? {} : { startsAt }),
    durationMin: Number(durationMin),
    threshold: thresholdOf(threshold),
    recorded,
  });
  const body = () => ({
    seen: view.sequence,
    title,
    ...(fixed ? {} : schedule()),
    guests,
    ...(required === view.required ? {} : { required }),
    ...(creditMin === view.creditMin ? {} : { creditMin }),
    lobby: waits ? "host_absent" : "none",
  });
  return (
    <Form<Planned>
      act={() => ({ method: "PATCH", path: `seances/${view.id}`, body: body() })}
      done={t("settings.saved")}
      after={(answer) => {
        for (const warning of answer.warnings) toast(warnings(warning), "warn");
      }}
    >
      <Card className={layout.form}>
        {fixed ? <p className={layout.small}>{t("settings.fixed")}</p> : null}
        <TitleField value={title} onChange={setTitle} testId="settings-title" />
        <div className={layout.fields}>
          <StartField disabled={fixed} value={startsAt} onChange={setStartsAt} />
          <DurationField kind={view.kind} disabled={fixed} value={durationMin} onChange={setDuration} />
          <ThresholdField disabled={fixed} value={threshold} onChange={setThreshold} />
        </div>
        <Checkbox
          label={t("settings.recorded")}
          checked={recorded}
          disabled={fixed}
          onChange={(event) => setRecorded(event.target.checked)}
        />
        <Checkbox
          label={t("settings.lobby")}
          checked={waits}
          onChange={(event) => setWaits(event.target.checked)}
          data-testid="settings-lobby"
        />
        <Checkbox
          label={t("settings.guests")}
          checked={guests}
          onChange={(event) => setGuests(event.target.checked)}
        />
        {view.sessionFormation ? (
          <Checkbox
            label={t("settings.required")}
            checked={required}
            onChange={(event) => setRequired(event.target.checked)}
            data-testid="settings-required"
          />
        ) : null}
        {view.sessionFormation ? (
          <Fold title={t("rules.title")} data-testid="settings-rules">
            <Line
              name="creditMin"
              label={t("settings.credit")}
              hint={t("settings.creditHint")}
              type="number"
              min={0}
              max={9999}
              value={credit}
              onChange={setCredit}
              data-testid="settings-credit"
            />
          </Fold>
        ) : null}
        <div>
          <Submit
            icon={<Save aria-hidden="true" />}
            isDisabled={view.state === "cancelled"}
            data-testid="settings-save"
          >
            {t("settings.save")}
          </Submit>
        </div>
      </Card>
    </Form>
  );
}

function Ways({ view }: { view: PlannedSeance }) {
  const { t } = useTranslation("planning");
  const [, go] = useLocation();
  const [asking, setAsking] = useState(false);
  const [copying, setCopying] = useState(false);
  const [startsAt, setStartsAt] = useState("");
  const cancel = useSent({ done: t("settings.cancelDone"), after: () => setAsking(false) });
  return (
    <div className={layout.cluster}>
      <ButtonLink
        href={`/api/seances/${view.id}/calendar.ics`}
        download
        icon={<CalendarDays aria-hidden="true" />}
      >
        {t("settings.calendar")}
      </ButtonLink>
      <Button
        icon={<Copy aria-hidden="true" />}
        onPress={() => setCopying(true)}
        data-testid="seance-duplicate"
      >
        {t("settings.duplicate")}
      </Button>
      {view.state === "planned" ? (
        <Button
          look="quiet"
          icon={<Ban aria-hidden="true" />}
          onPress={() => setAsking(true)}
          data-testid="seance-cancel"
        >
          {t("settings.cancel")}
        </Button>
      ) : null}
      <Dialog title={t("settings.duplicate")} isOpen={copying} onOpenChange={setCopying}>
        <Form<Planned>
          act={() => ({ method: "POST", path: `seances/${view.id}/duplicate`, body: { startsAt } })}
          done={t("settings.copied")}
          after={({ seance }) => go(settingsHref(seance.id))}
        >
          <StartField value={startsAt} onChange={setStartsAt} testId="copy-starts" />
          <Submit data-testid="copy-submit">{t("settings.duplicate")}</Submit>
        </Form>
      </Dialog>
      <Dialog
        question
        title={t("settings.cancelTitle")}
        isOpen={asking}
        onOpenChange={setAsking}
        actions={
          <>
            <Button onPress={() => setAsking(false)}>{t("settings.keep")}</Button>
            <Button
              look="danger"
              isPending={cancel.busy}
              onPress={() => cancel.act({ method: "DELETE", path: `seances/${view.id}` })}
            >
              {t("settings.cancel")}
            </Button>
          </>
        }
      >
        <p>{t("settings.cancelText")}</p>
      </Dialog>
    </div>
  );
}
