import { FolderPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { addWords } from "../../app/i18n";
import { useAsked } from "../../app/office/asking";
import { Form, Line, Submit } from "../../app/office/Form";
import { OfficePage } from "../../app/office/OfficePage";
import { may } from "../../app/office/roles";
import { Shown } from "../../app/office/Shown";
import type { HoursMode, Me, Parcours, SessionFormation } from "../../protocol/office";
import { sessionHoursHref, sessionHref } from "../../routes";
import { Tag } from "../../ui/Card";
import { Fold } from "../../ui/Fold";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { dates } from "./dates";
import en from "./en.json";
import fr from "./fr.json";
import { NewParcours } from "./NewParcours";

addWords("planning", { fr, en });

/** Sessions of parcours: what was delivered when, and the way to its séances and hours. */
export default function Sessions() {
  const { t } = useTranslation("planning");
  return (
    <OfficePage title={t("sessions.title")} back="home">
      {(me) => (
        <>
          {may.plan(me) ? <NewSession me={me} /> : null}
          <List leading={may.plan(me)} />
        </>
      )}
    </OfficePage>
  );
}

function List({ leading }: { leading: boolean }) {
  const { t } = useTranslation("planning");
  const sessions = useAsked<SessionFormation[]>("sessions-formation");
  return (
    <Shown of={sessions}>
      {(list) =>
        list.length === 0 ? (
          <p className={layout.empty}>{t("sessions.none")}</p>
        ) : (
          <ul className={layout.rows}>
            {list.map((session) => (
              <li key={session.id} className={layout.row} data-testid="session-row">
                <div className={layout.rowMain}>
                  <h2>
                    <Link href={sessionHref(session.id)}>{session.title}</Link>
                  </h2>
                  <p className={layout.small}>
                    {dates(session)} · {session.academy}
                  </p>
                  <p className={layout.cluster}>
                    <Tag tone={session.state === "archived" ? "plain" : "ok"}>
                      {t(`states.${session.state}`)}
                    </Tag>
                    <Tag tone="plain">{t(`modes.${session.hoursMode}`)}</Tag>
                  </p>
                </div>
                {leading && (
                  <ButtonLink href={sessionHoursHref(session.id)} data-testid="session-hours">
                    {t("sessions.hours")}
                    <span className="visually-hidden"> {session.title}</span>
                  </ButtonLink>
                )}
              </li>
            ))}
          </ul>
        )
      }
    </Shown>
  );
}

const MODES: readonly HoursMode[] = ["attestee", "inscription", "par_seance"];

function NewSession({ me }: { me: Me }) {
  const { t } = useTranslation("planning");
  const parcours = useAsked<Parcours[]>("parcours");
  const academies = me.roles
    .filter(({ scope, role }) => scope && role !== "inspecteur")
    .map(({ scope }) => scope);
  const [title, setTitle] = useState("");
  const [chosen, setChosen] = useState("");
  const [startsOn, setStartsOn] = useState("");
  const [endsOn, setEndsOn] = useState("");
  const [mode, setMode] = useState<HoursMode>("attestee");
  const known = parcours.data ?? [];
  const parcoursId = chosen || known[0]?.id || "";
  return (
    <Fold title={t("sessions.new")} data-testid="session-add">
      <NewParcours academy={academies[0] ?? me.person.academy} />
      <Form
        act={() => ({
          method: "POST",
          path: "sessions-formation",
          body: { parcours: parcoursId, title, startsOn, endsOn, hoursMode: mode },
        })}
        done={t("sessions.made")}
        after={() => setTitle("")}
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
            value={title}
            onChange={setTitle}
            data-testid="session-title"
          />
        </div>
        <div className={layout.fields}>
          <Line
            name="startsOn"
            label={t("sessions.startsOn")}
            type="date"
            required
            value={startsOn}
            onChange={setStartsOn}
            data-testid="session-starts"
          />
          <Line
            name="endsOn"
            label={t("sessions.endsOn")}
            type="date"
            required
            value={endsOn}
            onChange={setEndsOn}
            data-testid="session-ends"
          />
          <Select
            label={t("sessions.mode")}
            value={mode}
            options={MODES.map((value) => ({ value, label: t(`modes.${value}`) }))}
            onChange={setMode}
          />
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
