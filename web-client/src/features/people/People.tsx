import { KeyRound, UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { useAsked, useSent } from "../../app/office/asking";
import { Form, Line, Submit } from "../../app/office/Form";
import { OfficePage } from "../../app/office/OfficePage";
import { Shown } from "../../app/office/Shown";
import type { Me, PersonListed } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Card, Tag } from "../../ui/Card";
import { CopyLine } from "../../ui/CopyLine";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Erase } from "./Erase";
import en from "./en.json";
import fr from "./fr.json";
import { Hours } from "./Hours";
import { Profile } from "./Profile";
import { manages, Roles } from "./Roles";

addWords("people", { fr, en });

/** Accounts and roles: find somebody, invite them, grant and withdraw what they may do. */
export default function People() {
  const { t } = useTranslation("people");
  const [search, setSearch] = useState("");
  return (
    <OfficePage title={t("title")} intro={t("intro")} back="home">
      {(me) => (
        <>
          <NewPerson />
          <search className={layout.fields}>
            <Field
              label={t("search")}
              type="search"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
              data-testid="people-search"
            />
          </search>
          <Found search={search.trim()} me={me} />
        </>
      )}
    </OfficePage>
  );
}

function Found({ search, me }: { search: string; me: Me }) {
  const { t } = useTranslation("people");
  const people = useAsked<PersonListed[]>(`people?search=${encodeURIComponent(search)}`);
  return (
    <Shown of={people}>
      {(list) =>
        list.length === 0 ? (
          <p className={layout.empty}>{t("none")}</p>
        ) : (
          <ul className={layout.rows} aria-label={t("title")}>
            {list.map((one) => (
              <PersonRow key={one.person.id} one={one} me={me} />
            ))}
          </ul>
        )
      }
    </Shown>
  );
}

function PersonRow({ one, me }: { one: PersonListed; me: Me }) {
  const { t } = useTranslation("people");
  const { person, roles, account } = one;
  const name = `${person.firstName} ${person.lastName}`;
  const [link, setLink] = useState<string | null>(null);
  const invite = useSent<{ link: string }>({ after: (answer) => setLink(answer.link) });
  return (
    <li className={layout.row} data-testid="person" data-name={name}>
      <div className={layout.rowMain}>
        <h2 className={layout.rowTitle}>{name}</h2>
        <p className={layout.small}>
          {[person.email, person.academy, person.school, person.town].filter(Boolean).join(" · ")}
        </p>
        <p className={layout.cluster}>
          {roles.map(({ role, scope }) => (
            <Tag key={`${role}-${scope}`}>
              {t(`roles.${role}`)}
              {scope ? ` (${scope})` : ""}
            </Tag>
          ))}
          {account ? null : <Tag tone="plain">{t("noAccount")}</Tag>}
        </p>
      </div>
      <div className={layout.cluster}>
        {manages(me, one) ? (
          <>
            <Button
              size="small"
              icon={<KeyRound aria-hidden="true" />}
              isPending={invite.busy}
              onPress={() => invite.act({ method: "POST", path: `people/${person.id}/invitation` })}
              data-testid="person-invite"
            >
              {t(account ? "newPassword" : "invite")}
              <span className="visually-hidden"> {name}</span>
            </Button>
            <Profile person={person} />
          </>
        ) : null}
        <Roles one={one} me={me} />
        <Hours person={person} />
        <Erase person={person} />
      </div>
      <Dialog
        title={t("linkFor", { name })}
        isOpen={link !== null}
        onOpenChange={(open) => !open && setLink(null)}
      >
        <p>{t("linkText")}</p>
        <CopyLine label={t("link")} value={link ?? ""} />
      </Dialog>
    </li>
  );
}

const EMPTY = { email: "", lastName: "", firstName: "" };

function NewPerson() {
  const { t } = useTranslation("people");
  const [person, setPerson] = useState(EMPTY);
  const line = (name: keyof typeof EMPTY, type = "text") => (
    <Line
      name={name}
      label={t(`fields.${name}`)}
      type={type}
      required
      value={person[name]}
      onChange={(value) => setPerson({ ...person, [name]: value })}
      data-testid={`person-${name}`}
    />
  );
  return (
    <Fold title={t("add")} data-testid="person-add">
      <Card>
        <Form
          className={layout.fields}
          act={() => ({ method: "POST", path: "people", body: person })}
          done={t("added")}
          after={() => setPerson(EMPTY)}
        >
          {line("email", "email")}
          {line("lastName")}
          {line("firstName")}
          <Submit icon={<UserPlus aria-hidden="true" />} data-testid="person-submit">
            {t("addSubmit")}
          </Submit>
        </Form>
      </Card>
    </Fold>
  );
}
