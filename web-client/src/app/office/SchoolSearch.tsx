import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SchoolView } from "../../protocol/office";
import { Choices } from "../../ui/Choices";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { useAsked } from "./asking";
import { Shown } from "./Shown";

interface SchoolSearchProps {
  /** Only schools of that academy; empty for all. */
  academy: string;
  chosen: SchoolView | null;
  onChoose: (school: SchoolView) => void;
}

/** A school found by its code, its name or its town, and chosen among those found. */
export function SchoolSearch({ academy, chosen, onChoose }: SchoolSearchProps) {
  const { t } = useTranslation("app");
  const [search, setSearch] = useState("");
  const asked = useDeferredValue(search.trim());
  const path = `schools?search=${encodeURIComponent(asked)}&academy=${encodeURIComponent(academy)}`;
  const found = useAsked<SchoolView[]>(asked.length < 2 ? null : path, { stays: true });
  return (
    <div className={layout.tight}>
      <Field
        label={t("schoolSearch.label")}
        hint={t("schoolSearch.hint")}
        type="search"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        data-testid="school-search"
      />
      {asked.length < 2 ? null : (
        <Shown of={found}>
          {(schools) =>
            schools.length === 0 ? (
              <p className={layout.small} role="status">
                {t("schoolSearch.none")}
              </p>
            ) : (
              <Choices
                label={t("schoolSearch.found", { count: schools.length })}
                name="school"
                value={chosen?.uai ?? null}
                options={schools.map((school) => ({ value: school.uai, label: inWords(school) }))}
                onChange={(uai) => {
                  const school = schools.find((one) => one.uai === uai);
                  if (school) onChoose(school);
                }}
              />
            )
          }
        </Shown>
      )}
    </div>
  );
}

/** A school in one line: name, town, code, circonscription. */
function inWords({ name, town, uai, circonscription, circonscriptionName }: SchoolView): string {
  return [name, town, uai, circonscriptionName || circonscription].filter(Boolean).join(" · ");
}
