import { School } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { queries } from "../../app/office/asking";
import { Form, Submit } from "../../app/office/Form";
import { SchoolSearch } from "../../app/office/SchoolSearch";
import type { Me, SchoolView } from "../../protocol/office";
import { Card } from "../../ui/Card";
import layout from "../../ui/layout.module.css";

/** Where I teach: chosen once by oneself, changed by the gestionnaire afterwards. */
export function MySchool({ me }: { me: Me }) {
  const { t } = useTranslation("login");
  const [chosen, setChosen] = useState<SchoolView | null>(null);
  const { person } = me;
  if (person.uai !== "") {
    return (
      <Card className={layout.tight} data-testid="my-school">
        <h2>{t("school.title")}</h2>
        <p>{[person.school, person.town, person.uai].filter(Boolean).join(" · ")}</p>
        <p className={layout.small}>{t("school.known")}</p>
      </Card>
    );
  }
  return (
    <Card data-testid="my-school">
      <Form
        act={() => (chosen ? { method: "POST", path: "me/school", body: { uai: chosen.uai } } : null)}
        done={t("school.done")}
        after={() => queries.invalidateQueries({ queryKey: ["me"] })}
      >
        <h2>{t("school.title")}</h2>
        <p className={layout.small}>{t("school.text")}</p>
        <SchoolSearch academy={person.academy} chosen={chosen} onChoose={setChosen} />
        {chosen ? (
          <Submit icon={<School aria-hidden="true" />} data-testid="my-school-submit">
            {t("school.submit", { school: chosen.name })}
          </Submit>
        ) : null}
      </Form>
    </Card>
  );
}
