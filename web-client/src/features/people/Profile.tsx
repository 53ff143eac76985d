import { IdCard } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSent } from "../../app/office/asking";
import type { PersonView } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";

const TEXTS = ["lastName", "firstName", "school", "town", "uai", "circonscription"] as const;
const DEGREES = ["", "PU1D", "PR1D", "PU2D", "PR2D"] as const;

/** Where somebody teaches and how much: what decides the hours due, and which inspector follows them. */
export function Profile({ person }: { person: PersonView }) {
  const { t } = useTranslation("people");
  const name = `${person.firstName} ${person.lastName}`;
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<IdCard aria-hidden="true" />}
        onPress={() => setOpen(true)}
        data-testid="person-profile"
      >
        {t("profile.open")}
        <span className="visually-hidden"> {name}</span>
      </Button>
      <Dialog title={t("profile.title", { name })} isOpen={open} onOpenChange={setOpen}>
        <Form person={person} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Form({ person, onDone }: { person: PersonView; onDone: () => void }) {
  const { t } = useTranslation("people");
  const [texts, setTexts] = useState({
    lastName: person.lastName,
    firstName: person.firstName,
    school: person.school,
    town: person.town,
    uai: person.uai,
    circonscription: person.circonscription,
  });
  const [degree, setDegree] = useState<(typeof DEGREES)[number]>(person.degree ?? "");
  const [quotite, setQuotite] = useState(String(person.quotitePercent));
  const save = useSent({ done: t("profile.saved"), after: onDone });
  return (
    <form
      className={layout.form}
      onSubmit={(event) => {
        event.preventDefault();
        const body = { ...texts, degree, quotitePercent: Number(quotite) };
        save.act({ method: "PATCH", path: `people/${person.id}`, body });
      }}
    >
      {TEXTS.map((field) => (
        <Field
          key={field}
          label={t(`fields.${field}`)}
          required={field === "lastName" || field === "firstName"}
          value={texts[field]}
          onChange={(event) => setTexts({ ...texts, [field]: event.target.value })}
          data-testid={`profile-${field}`}
        />
      ))}
      <div className={layout.fields}>
        <Select
          label={t("fields.degree")}
          value={degree}
          options={DEGREES.map((value) => ({ value, label: t(`degrees.${value || "unknown"}`) }))}
          onChange={setDegree}
          data-testid="profile-degree"
        />
        <Field
          label={t("fields.quotite")}
          type="number"
          min={0}
          max={100}
          required
          value={quotite}
          onChange={(event) => setQuotite(event.target.value)}
        />
      </div>
      <div>
        <Button type="submit" look="primary" isDisabled={save.busy} data-testid="profile-save">
          {t("profile.save")}
        </Button>
      </div>
    </form>
  );
}
