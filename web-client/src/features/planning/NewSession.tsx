import { FolderPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { useAsked } from "../../app/office/asking";
import { Form, Line, Submit } from "../../app/office/Form";
import type { Me, Parcours, SessionDetail } from "../../protocol/office";
import { sessionHref } from "../../routes";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { HoursRules, ruleOf, USUAL } from "./HoursRules";
import { NewParcours } from "./NewParcours";

/** A parcours, a title and two days; how hours are counted is the academy's way unless somebody unfolds it. */
export function NewSession({ me }: { me: Me }) {
  const { t } = useTranslation("planning");
  const [, go] = useLocation();
  const parcours = useAsked<Parcours[]>("parcours");
  const academies = me.roles
    .filter(({ scope, role }) => scope && role !== "inspecteur")
    .map(({ scope }) => scope);
  const [title, setTitle] = useState("");
  const [chosen, setChosen] = useState("");
  const [startsOn, setStartsOn] = useState("");
  const [endsOn, setEndsOn] = useState("");
  const [rules, setRules] = useState(USUAL);
  const known = parcours.data ?? [];
  const parcoursId = chosen || known[0]?.id || "";
  const body = () => ({
    parcours: parcoursId,
    title,
    startsOn,
    endsOn,
    rule: ruleOf(rules),
    ...(rules.mode === "" ? {} : { hoursMode: rules.mode }),
  });
  const date = (name: "startsOn" | "endsOn", value: string, onChange: (value: string) => void) => (
    <Line
      name={name}
      label={t(`sessions.${name}`)}
      type="date"
      required
      value={value}
      onChange={onChange}
      data-testid={name === "startsOn" ? "session-starts" : "session-ends"}
    />
  );
  return (
    <Fold title={t("sessions.new")} data-testid="session-add">
      <NewParcours academy={academies[0] ?? me.person.academy} />
      <Form<SessionDetail>
        act={() => ({ method: "POST", path: "sessions-formation", body: body() })}
        done={t("sessions.made")}
        after={({ session }) => go(sessionHref(session.id))}
      >
        <div className={layout.fields}>
          <Select
            label={t("sessions.parcours")}
            value={parcoursId}
            options={known.map(({ id, title: name }) => ({ value: id, label: name }))}
            onChange={setChosen}
            data-testid="session-parcours"
          />
          <Line
            name="title"
            label={t("fields.title")}
            required
            maxLength={255}
            value={title}
            onChange={setTitle}
            data-testid="session-title"
          />
        </div>
        <div className={layout.fields}>
          {date("startsOn", startsOn, setStartsOn)}
          {date("endsOn", endsOn, setEndsOn)}
        </div>
        <HoursRules typed={rules} onChange={setRules} />
        <div>
          <Submit
            icon={<FolderPlus aria-hidden="true" />}
            isDisabled={parcoursId === ""}
            data-testid="session-create"
          >
            {t("sessions.create")}
          </Submit>
        </div>
      </Form>
    </Fold>
  );
}
