import { ShieldCheck, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSent } from "../../app/office/asking";
import { may } from "../../app/office/roles";
import type { Me, PersonListed, PlatformRole } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";

/** What a gestionnaire grants and withdraws in the own academy; the rest is the administrator's. */
const GRANTABLE: readonly PlatformRole[] = ["formateur", "concepteur"];
const ALL: readonly PlatformRole[] = [
  "formateur",
  "concepteur",
  "gestionnaire",
  "inspecteur",
  "administrateur",
];

const managed = (me: Me) => me.roles.filter(({ role }) => role === "gestionnaire").map(({ scope }) => scope);

/** Whether that role is granted and withdrawn by who is logged in. */
const grants = (me: Me, { role, scope }: PersonListed["roles"][number]) =>
  may.administrate(me) || (GRANTABLE.includes(role) && managed(me).includes(scope));

/** Whoever can invite somebody can become that person: who holds more than one could grant is the administrator's. */
export const manages = (me: Me, one: PersonListed) => one.roles.every((held) => grants(me, held));

/** Grants and withdraws roles of one person. Each change is kept with its author. */
export function Roles({ one, me }: { one: PersonListed; me: Me }) {
  const { t } = useTranslation("people");
  const { person, roles } = one;
  const name = `${person.firstName} ${person.lastName}`;
  const administrator = may.administrate(me);
  const offered = administrator ? ALL : GRANTABLE;
  const [open, setOpen] = useState(false);
  const [role, setRole] = useState<PlatformRole>(offered[0] ?? "formateur");
  const academies = managed(me);
  const own = administrator || academies.includes(person.academy) ? person.academy : (academies[0] ?? "");
  const [scope, setScope] = useState(own);
  const change = useSent({ done: t("rolesChanged") });
  const send = (body: { role: PlatformRole; scope: string; granted: boolean }) =>
    change.act({ method: "POST", path: `people/${person.id}/roles`, body });
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<ShieldCheck aria-hidden="true" />}
        onPress={() => setOpen(true)}
        aria-label={t("rolesName", { name })}
        data-testid="person-roles"
      >
        {t("rolesButton")}
      </Button>
      <Dialog title={t("rolesOf", { name })} isOpen={open} onOpenChange={setOpen}>
        {roles.length === 0 ? <p>{t("noRoles")}</p> : null}
        <ul className={layout.lines}>
          {roles.map((held) => (
            <li key={`${held.role}-${held.scope}`} className={layout.line}>
              <span>
                {t(`roles.${held.role}`)}
                {held.scope ? ` (${[held.scope, held.academy].filter(Boolean).join(", ")})` : ""}
              </span>
              {grants(me, held) ? (
                <Button
                  size="small"
                  look="quiet"
                  icon={<X aria-hidden="true" />}
                  isPending={change.busy}
                  aria-label={t("withdrawRole", { role: t(`roles.${held.role}`) })}
                  onPress={() => send({ ...held, granted: false })}
                >
                  {t("withdraw")}
                </Button>
              ) : (
                <span className={layout.small}>{t("byAdministrator")}</span>
              )}
            </li>
          ))}
        </ul>
        <form
          className={layout.fields}
          onSubmit={(event) => {
            event.preventDefault();
            send({ role, scope: role === "administrateur" ? "" : scope, granted: true });
          }}
        >
          <Select
            label={t("role")}
            value={role}
            options={offered.map((value) => ({ value, label: t(`roles.${value}`) }))}
            onChange={(chosen) => {
              setRole(chosen);
              setScope(chosen === "inspecteur" ? person.circonscription || person.uai : own);
            }}
            data-testid="role-choice"
          />
          {role === "administrateur" ? null : !administrator ? (
            <Select
              label={t("academy")}
              value={scope}
              options={academies.map((name) => ({ value: name, label: name }))}
              onChange={setScope}
            />
          ) : (
            <Field
              label={t(role === "inspecteur" ? "circonscription" : "academy")}
              required
              value={scope}
              onChange={(event) => setScope(event.target.value)}
              data-testid="role-scope"
            />
          )}
          <Button type="submit" look="primary" isPending={change.busy} data-testid="role-grant">
            {t("grant")}
          </Button>
        </form>
      </Dialog>
    </>
  );
}
