import { Pencil, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Form, Line, Submit } from "../../app/office/Form";
import type { SessionDetail } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";
import layout from "../../ui/layout.module.css";
import { changed } from "./changed";
import { HoursRules, ruleOf, type TypedRules, typedRules } from "./HoursRules";

/** Title, dates and, folded away, how hours are counted. */
export function EditSession({ detail }: { detail: SessionDetail }) {
  const { t } = useTranslation("planning");
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        look="quiet"
        icon={<Pencil aria-hidden="true" />}
        onPress={() => setOpen(true)}
        data-testid="session-edit"
      >
        {t("sessions.edit")}
      </Button>
      <Dialog title={t("sessions.editTitle")} isOpen={open} onOpenChange={setOpen}>
        <Fields detail={detail} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

interface Typed {
  title: string;
  startsOn: string;
  endsOn: string;
  rules: TypedRules;
}

const draftOf = ({ title, startsOn, endsOn, rules }: Typed) => ({
  title,
  startsOn,
  endsOn,
  hoursMode: rules.mode,
  rule: ruleOf(rules),
});

function Fields({ detail, onDone }: { detail: SessionDetail; onDone: () => void }) {
  const { t } = useTranslation("planning");
  const { session, seances } = detail;
  const [shown] = useState<Typed>(() => ({
    title: session.title,
    startsOn: session.startsOn,
    endsOn: session.endsOn,
    rules: typedRules(session.hoursMode, session.rule),
  }));
  const [typed, setTyped] = useState(shown);
  const [attested, setAttested] = useState(false);
  const required = seances.filter((seance) => seance.required && seance.state !== "cancelled").length;
  const date = (name: "startsOn" | "endsOn") => (
    <Line
      name={name}
      label={t(`sessions.${name}`)}
      type="date"
      required
      value={typed[name]}
      onChange={(value) => setTyped({ ...typed, [name]: value })}
      data-testid={`edit-${name}`}
    />
  );
  return (
    <Form
      act={() => ({
        method: "PATCH",
        path: `sessions-formation/${session.id}`,
        body: changed(draftOf(shown), draftOf(typed)),
      })}
      done={t("sessions.saved")}
      after={onDone}
      refused={({ code }) => {
        if (code !== "conflict") return false;
        setAttested(true);
        return true;
      }}
    >
      <Line
        name="title"
        label={t("fields.title")}
        required
        maxLength={255}
        value={typed.title}
        onChange={(title) => setTyped({ ...typed, title })}
        data-testid="edit-title"
      />
      <div className={layout.fields}>
        {date("startsOn")}
        {date("endsOn")}
      </div>
      <HoursRules
        typed={typed.rules}
        onChange={(rules) => {
          setAttested(false);
          setTyped({ ...typed, rules });
        }}
        required={required}
      />
      {attested ? (
        <Note tone="warn" role="alert">
          <TriangleAlert aria-hidden="true" />
          <span data-testid="mode-attested">{t("rules.attested")}</span>
        </Note>
      ) : null}
      <div>
        <Submit data-testid="session-save">{t("settings.save")}</Submit>
      </div>
    </Form>
  );
}
