import { UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSent } from "../../app/office/asking";
import type { EnrolmentRole } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";

const ROLES: readonly EnrolmentRole[] = ["participant", "trainer", "co_trainer", "tutor", "observer"];
const EMPTY = { email: "", lastName: "", firstName: "" };

/** One person by address; the name may follow from it. `of`: `seances/ID` or `sessions-formation/ID`. */
export function ByHand({ of }: { of: string }) {
  const { t } = useTranslation("enrolment");
  const [person, setPerson] = useState(EMPTY);
  const [role, setRole] = useState<EnrolmentRole>("participant");
  const add = useSent({ done: t("byHand.done"), after: () => setPerson(EMPTY) });
  const field = (name: keyof typeof EMPTY) => (
    <Field
      label={t(`fields.${name}`)}
      type={name === "email" ? "email" : "text"}
      required={name === "email"}
      value={person[name]}
      onChange={(event) => setPerson({ ...person, [name]: event.target.value })}
      data-testid={`enrol-${name}`}
    />
  );
  return (
    <Card>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          const named = {
            email: person.email,
            role,
            ...(person.lastName ? { lastName: person.lastName } : {}),
            ...(person.firstName ? { firstName: person.firstName } : {}),
          };
          add.act({ method: "POST", path: `${of}/enrolments`, body: { people: [named] } });
        }}
      >
        <h2>{t("byHand.title")}</h2>
        {field("email")}
        <div className={layout.fields}>
          {field("firstName")}
          {field("lastName")}
        </div>
        <Select
          label={t("columns.role")}
          value={role}
          options={ROLES.map((value) => ({ value, label: t(`roles.${value}`) }))}
          onChange={setRole}
          data-testid="enrol-role"
        />
        <div>
          <Button
            type="submit"
            icon={<UserPlus aria-hidden="true" />}
            isDisabled={add.busy}
            data-testid="enrol-submit"
          >
            {t("byHand.submit")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
