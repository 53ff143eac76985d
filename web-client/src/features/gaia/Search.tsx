import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day, timeOfDay } from "../../app/dates";
import { useAsked } from "../../app/office/asking";
import { Shown } from "../../app/office/Shown";
import type {
  GaiaAcademy,
  GaiaDispositif,
  GaiaModule,
  GaiaSession,
  PlannedSeance,
} from "../../protocol/office";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { MakeLink } from "./MakeLink";

const DAY_MS = 86_400_000;
const date = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Dispositif, then module, then session: three steps, as people know them from M@gistère. */
export function Search({ view }: { view: PlannedSeance }) {
  const { t } = useTranslation("gaia");
  const starts = Date.parse(view.startsAt);
  const [from, setFrom] = useState(date(starts - 8 * DAY_MS));
  const [to, setTo] = useState(date(starts + 31 * DAY_MS));
  const [words, setWords] = useState("");
  const [dispositif, setDispositif] = useState<GaiaDispositif | null>(null);
  const [module, setModule] = useState<GaiaModule | null>(null);
  const [chosen, setChosen] = useState("");
  const academies = useAsked<GaiaAcademy[]>("gaia/academies").data ?? [];
  const academy = chosen || view.academy || academies[0]?.name || "";
  // Every step searches within the same bounds: what the first one finds, the next ones must not lose.
  const bounds = { academy, from, to };
  const query = new URLSearchParams({ ...bounds, search: words.trim() });
  const dispositifs = useAsked<GaiaDispositif[]>(`gaia/dispositifs?${query}`);
  const modules = useAsked<GaiaModule[]>(
    dispositif &&
      `gaia/modules?${new URLSearchParams({ ...bounds, base: dispositif.base, dispositif: dispositif.dispositif })}`,
  );
  return (
    <Card className={layout.form}>
      <h2>{t("search.title")}</h2>
      {academies.length > 1 ? (
        <Select
          label={t("search.academy")}
          value={academy}
          options={academies.map(({ name, label }) => ({ value: name, label }))}
          onChange={(name) => {
            setChosen(name);
            setDispositif(null);
            setModule(null);
          }}
          data-testid="gaia-academy"
        />
      ) : null}
      <div className={layout.fields}>
        <Field
          label={t("search.from")}
          type="date"
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        />
        <Field
          label={t("search.to")}
          type="date"
          value={to}
          onChange={(event) => setTo(event.target.value)}
        />
        <Field
          label={t("search.words")}
          type="search"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          data-testid="gaia-words"
        />
      </div>
      <Shown of={dispositifs}>
        {(list) => (
          <Select
            label={t("search.dispositif", { count: list.length })}
            value={dispositif ? keyOf(dispositif) : ""}
            options={[
              { value: "", label: t("search.choose") },
              ...list.map((one) => ({ value: keyOf(one), label: `${one.dispositif} – ${one.name}` })),
            ]}
            onChange={(key) => {
              setDispositif(list.find((one) => keyOf(one) === key) ?? null);
              setModule(null);
            }}
            data-testid="gaia-dispositif"
          />
        )}
      </Shown>
      {dispositif ? (
        <Shown of={modules}>
          {(list) => (
            <Select
              label={t("search.module", { count: list.length })}
              value={module ? String(module.module) : ""}
              options={[
                { value: "", label: t("search.choose") },
                ...list.map((one) => ({ value: String(one.module), label: `${one.module} – ${one.name}` })),
              ]}
              onChange={(key) => setModule(list.find((one) => String(one.module) === key) ?? null)}
              data-testid="gaia-module"
            />
          )}
        </Shown>
      ) : null}
      {dispositif && module ? (
        <Sessions view={view} bounds={bounds} dispositif={dispositif} module={module} />
      ) : null}
    </Card>
  );
}

const keyOf = (one: GaiaDispositif) => `${one.base}/${one.dispositif}`;

interface SessionsProps {
  view: PlannedSeance;
  bounds: Record<"academy" | "from" | "to", string>;
  dispositif: GaiaDispositif;
  module: GaiaModule;
}

function Sessions({ view, bounds, dispositif, module }: SessionsProps) {
  const { t } = useTranslation("gaia");
  const [place, setPlace] = useState("");
  const key = { base: dispositif.base, dispositif: dispositif.dispositif, module: module.module };
  const query = new URLSearchParams({ ...bounds, ...key, module: String(key.module), place: place.trim() });
  const sessions = useAsked<GaiaSession[]>(`gaia/sessions?${query}`, { stays: true });
  return (
    <>
      <div className={layout.fields}>
        <Field
          label={t("search.place")}
          type="search"
          value={place}
          onChange={(event) => setPlace(event.target.value)}
          data-testid="gaia-place"
        />
      </div>
      <Shown of={sessions}>
        {(list) => (
          <ul className={layout.lines}>
            {list.map((session) => (
              <li key={session.session} className={layout.line}>
                <div className={layout.rowMain}>
                  <strong>
                    {t("search.session", { session: session.session, group: session.group })} –{" "}
                    {session.place}
                  </strong>
                  <span className={layout.small}>
                    {day(session.startsAt, view.timeZone)}, {timeOfDay(session.startsAt, view.timeZone)} –{" "}
                    {t("links.counts", { trainers: session.trainers, trainees: session.trainees })}
                  </span>
                </div>
                <MakeLink view={view} session={session} />
              </li>
            ))}
            {list.length === 0 ? <li className={layout.empty}>{t("search.none")}</li> : null}
          </ul>
        )}
      </Shown>
    </>
  );
}
