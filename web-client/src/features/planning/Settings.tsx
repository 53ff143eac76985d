import { Ban, CalendarDays, Copy, Save } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { addWords } from "../../app/i18n";
import { useSent } from "../../app/office/asking";
import { SeanceFrame } from "../../app/office/SeanceFrame";
import type { Planned, PlannedSeance } from "../../protocol/office";
import { settingsHref } from "../../routes";
import { Button } from "../../ui/Button";
import { Card, Note } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";
import { Checkbox, Field } from "../../ui/Field";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";
import { toast } from "../../ui/toast";
import en from "./en.json";
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
          <Form key={view.sequence} view={view} />
          <Ways view={view} />
        </>
      )}
    </SeanceFrame>
  );
}

function Form({ view }: { view: PlannedSeance }) {
  const { t } = useTranslation("planning");
  const warnings = useWarnings();
  const [title, setTitle] = useState(view.title);
  const [startsAt, setStartsAt] = useState(() => localOf(view.startsAt, view.timeZone));
  const [durationMin, setDuration] = useState(String(view.durationMin));
  const [threshold, setThreshold] = useState(
    view.threshold.mode === "fixed" ? String(view.threshold.minutes) : "",
  );
  const [recorded, setRecorded] = useState(view.recorded);
  const [guests, setGuests] = useState(view.guests);
  const save = useSent<Planned>({
    done: t("settings.saved"),
    after: (answer) => {
      for (const warning of answer.warnings) toast(warnings(warning), "warn");
    },
  });
  const fixed = view.state !== "planned" || Date.parse(view.startsAt) <= Date.now();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const moved = startsAt !== localOf(view.startsAt, view.timeZone);
        save.act({
          method: "PATCH",
          path: `seances/${view.id}`,
          body: {
            seen: view.sequence,
            title,
            ...(fixed
              ? {}
              : {
                  ...(moved ? { startsAt } : {}),
                  durationMin: Number(durationMin),
                  threshold:
                    threshold === "" ? { mode: "auto" } : { mode: "fixed", minutes: Number(threshold) },
                  recorded,
                }),
            guests,
          },
        });
      }}
    >
      <Card className={layout.form}>
        {fixed ? <p className={layout.small}>{t("settings.fixed")}</p> : null}
        <Field
          label={t("fields.title")}
          required
          maxLength={100}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
          data-testid="settings-title"
        />
        <div className={layout.fields}>
          <Field
            label={t("fields.startsAt")}
            type="datetime-local"
            required
            disabled={fixed}
            value={startsAt}
            onChange={(event) => setStartsAt(event.target.value)}
          />
          <Field
            label={t("fields.duration")}
            type="number"
            min={5}
            max={1440}
            required
            disabled={fixed}
            value={durationMin}
            onChange={(event) => setDuration(event.target.value)}
          />
          <Field
            label={t("fields.threshold")}
            hint={t("fields.thresholdHint")}
            type="number"
            min={0}
            max={1440}
            disabled={fixed}
            value={threshold}
            onChange={(event) => setThreshold(event.target.value)}
          />
        </div>
        <Checkbox
          label={t("settings.recorded")}
          checked={recorded}
          disabled={fixed}
          onChange={(event) => setRecorded(event.target.checked)}
        />
        <Checkbox
          label={t("settings.guests")}
          checked={guests}
          onChange={(event) => setGuests(event.target.checked)}
        />
        <div>
          <Button
            type="submit"
            look="primary"
            icon={<Save aria-hidden="true" />}
            isDisabled={save.busy || view.state === "cancelled"}
            data-testid="settings-save"
          >
            {t("settings.save")}
          </Button>
        </div>
      </Card>
    </form>
  );
}

function Ways({ view }: { view: PlannedSeance }) {
  const { t } = useTranslation("planning");
  const [, go] = useLocation();
  const [asking, setAsking] = useState(false);
  const [copying, setCopying] = useState(false);
  const [startsAt, setStartsAt] = useState("");
  const cancel = useSent({ done: t("settings.cancelDone"), after: () => setAsking(false) });
  const copy = useSent<Planned>({
    done: t("settings.copied"),
    after: ({ seance }) => go(settingsHref(seance.id)),
  });
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
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            copy.act({ method: "POST", path: `seances/${view.id}/duplicate`, body: { startsAt } });
          }}
        >
          <Field
            label={t("fields.startsAt")}
            type="datetime-local"
            required
            value={startsAt}
            onChange={(event) => setStartsAt(event.target.value)}
            data-testid="copy-starts"
          />
          <Button type="submit" look="primary" isDisabled={copy.busy} data-testid="copy-submit">
            {t("settings.duplicate")}
          </Button>
        </form>
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
              isDisabled={cancel.busy}
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
