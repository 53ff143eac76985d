import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hoursOf } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { useAsked } from "../../app/office/asking";
import { OfficePage } from "../../app/office/OfficePage";
import { may } from "../../app/office/roles";
import { Shown } from "../../app/office/Shown";
import type { Count, Me, ShownGroup, Statistics as StatisticsAnswer } from "../../protocol/office";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { Table } from "../../ui/Table";
import en from "./en.json";
import fr from "./fr.json";
import { Years } from "./Years";

addWords("supervision", { fr, en });

/** How many people and hours, without anybody in it: counts under five are not shown. */
export default function Statistics() {
  const { t } = useTranslation("supervision");
  return (
    <OfficePage title={t("statistics.title")} intro={t("statistics.intro")} back="home">
      {(me) => <Asked me={me} />}
    </OfficePage>
  );
}

function Asked({ me }: { me: Me }) {
  const { t } = useTranslation("supervision");
  const [year, setYear] = useState("");
  const managed = me.roles.filter(({ role }) => role === "gestionnaire").map(({ scope }) => scope);
  const [academy, setAcademy] = useState(managed[0] ?? me.person.academy);
  const query = new URLSearchParams({ academy, ...(year ? { year } : {}) });
  const answer = useAsked<StatisticsAnswer>(academy ? `statistics?${query}` : null, { stays: true });
  return (
    <>
      <div className={layout.fields}>
        <Years value={year} onChange={setYear} answer={answer.data} />
        {may.administrate(me) ? (
          <Field label={t("academy")} value={academy} onChange={(event) => setAcademy(event.target.value)} />
        ) : (
          <Select
            label={t("academy")}
            value={academy}
            options={managed.map((name) => ({ value: name, label: name }))}
            onChange={setAcademy}
          />
        )}
      </div>
      <Shown of={answer}>
        {(statistics) => (
          <>
            <Groups
              title={t("statistics.byDegree")}
              by="degree"
              groups={[...statistics.byDegree, statistics.total]}
            />
            <Groups
              title={t("statistics.byCirconscription")}
              by="circonscription"
              groups={[...statistics.byCirconscription, statistics.total]}
            />
          </>
        )}
      </Shown>
    </>
  );
}

interface GroupsProps {
  title: string;
  by: "degree" | "circonscription";
  groups: ShownGroup[];
}

/** The degree and sector in words, by their code. */
const DEGREES = ["PU1D", "PR1D", "PU2D", "PR2D"] as const;

function Groups({ title, by, groups }: GroupsProps) {
  const { t, i18n } = useTranslation("supervision");
  const last = groups.length - 1;
  // The server names only what has a name of its own.
  const named = ({ label }: ShownGroup) => {
    const degree = by === "degree" ? DEGREES.find((code) => code === label) : undefined;
    return degree ? t(`degrees.${degree}`) : label;
  };
  const name = (group: ShownGroup) =>
    named(group) || t(group === groups[last] ? "statistics.all" : "statistics.unknown");
  const count = (value: Count, words: (shown: number) => string) =>
    value.kind === "hidden" ? t("statistics.hidden") : words(value.count);
  return (
    <section className={layout.tight} data-testid={`statistics-${by}`}>
      <h2>{title}</h2>
      <Table
        caption={title}
        rows={groups}
        rowKey={name}
        empty={t("nobody")}
        columns={[
          { id: "label", head: t("statistics.group"), rowHeader: true, cell: name },
          {
            id: "people",
            head: t("statistics.people"),
            align: "end",
            cell: (group) => count(group.people, (shown) => shown.toLocaleString(i18n.language)),
          },
          {
            id: "hours",
            head: t("statistics.hours"),
            align: "end",
            cell: (group) => count(group.minutes, hoursOf),
          },
        ]}
      />
    </section>
  );
}
