import { IdCard } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Form, Line, Submit } from "../../app/office/Form";
import { SchoolSearch } from "../../app/office/SchoolSearch";
import type { PersonView, SchoolView } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";

const NAMES = ["lastName", "firstName"] as const;
/** Typed only where the directory does not know the school, or somebody else follows the person. */
const PLACE = ["school", "town", "uai", "circonscription"] as const;
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
        <Fields person={person} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Fields({ person, onDone }: { person: PersonView; onDone: () => void }) {
  const { t } = useTranslation("people");
  const [texts, setTexts] = useState({
    lastName: person.lastName,
    firstName: person.firstName,
    school: person.school,
    town: person.town,
    uai: person.uai,
    circonscription: person.circonscription,
  });
  const [school, setSchool] = useState<SchoolView | null>(null);
  const [degree, setDegree] = useState<(typeof DEGREES)[number]>(person.degree ?? "");
  const [quotite, setQuotite] = useState(String(person.quotitePercent));
  const [due, setDue] = useState(person.dueMin === null ? "" : String(person.dueMin));
  const line = (name: keyof typeof texts) => (
    <Line
      key={name}
      name={name}
      label={t(`fields.${name}`)}
      required={name === "lastName" || name === "firstName"}
      value={texts[name]}
      onChange={(value) => setTexts({ ...texts, [name]: value })}
      data-testid={`profile-${name}`}
    />
  );
  return (
    <Form
      act={() => ({
        method: "PATCH",
        path: `people/${person.id}`,
        body: {
          ...texts,
          degree,
          quotitePercent: Number(quotite),
          dueMin: due === "" ? null : Number(due),
        },
      })}
      done={t("profile.saved")}
      after={onDone}
    >
      {NAMES.map(line)}
      <SchoolSearch
        academy={person.academy}
        chosen={school}
        onChoose={(chosen) => {
          setSchool(chosen);
          const { uai, name, town, circonscription } = chosen;
          setTexts({ ...texts, uai, school: name, town, circonscription });
          if (chosen.degree) setDegree(chosen.degree);
        }}
      />
      <p className={layout.small} data-testid="profile-place">
        {[texts.school, texts.town, texts.uai, texts.circonscription].filter(Boolean).join(" · ")}
      </p>
      <Fold title={t("profile.byHand")} data-testid="profile-by-hand">
        {PLACE.map(line)}
      </Fold>
      <div className={layout.fields}>
        <Select
          label={t("fields.degree")}
          value={degree}
          options={DEGREES.map((value) => ({ value, label: t(`degrees.${value || "unknown"}`) }))}
          onChange={setDegree}
          data-testid="profile-degree"
        />
        <Line
          name="quotitePercent"
          label={t("fields.quotite")}
          type="number"
          min={0}
          max={100}
          required
          value={quotite}
          onChange={setQuotite}
        />
        <Line
          name="dueMin"
          label={t("fields.due")}
          hint={t("fields.dueHint")}
          type="number"
          min={0}
          max={6480}
          value={due}
          onChange={setDue}
          data-testid="profile-due"
        />
      </div>
      <div>
        <Submit data-testid="profile-save">{t("profile.save")}</Submit>
      </div>
    </Form>
  );
}
