import { UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Form, Line, Submit } from "../../app/office/Form";
import type { EnrolmentRole } from "../../protocol/office";
import { Card } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";

const ROLES: readonly EnrolmentRole[] = ["participant", "trainer", "co_trainer", "tutor", "observer"];
const EMPTY = { email: "", lastName: "", firstName: "" };

/** One person by address; the name may follow from it. `of`: `seances/ID` or `sessions-formation/ID`. */
export function ByHand({ of }: { of: string }) {
  const { t } = useTranslation("enrolment");
  const [person, setPerson] = useState(EMPTY);
  const [role, setRole] = useState<EnrolmentRole>("participant");
  const line = (name: keyof typeof EMPTY) => (
    <Line
      name={name}
      label={t(`fields.${name}`)}
      type={name === "email" ? "email" : "text"}
      required={name === "email"}
      value={person[name]}
      onChange={(value) => setPerson({ ...person, [name]: value })}
      data-testid={`enrol-${name}`}
    />
  );
  const enrolment = () => ({
    email: person.email,
    role,
    ...(person.lastName ? { lastName: person.lastName } : {}),
    ...(person.firstName ? { firstName: person.firstName } : {}),
  });
  return (
    <Card>
      <Form
        act={() => ({ method: "POST", path: `${of}/enrolments`, body: { people: [enrolment()] } })}
        done={t("byHand.done")}
        after={() => setPerson(EMPTY)}
      >
        <h2>{t("byHand.title")}</h2>
        {line("email")}
        <div className={layout.fields}>
          {line("firstName")}
          {line("lastName")}
        </div>
        <Select
          label={t("columns.role")}
          value={role}
          options={ROLES.map((value) => ({ value, label: t(`roles.${value}`) }))}
          onChange={setRole}
          data-testid="enrol-role"
        />
        <div>
          <Submit look="secondary" icon={<UserPlus aria-hidden="true" />} data-testid="enrol-submit">
            {t("byHand.submit")}
          </Submit>
        </div>
      </Form>
    </Card>
  );
}
