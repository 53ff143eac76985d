import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Form, Submit } from "../../app/office/Form";
import { Fold } from "../../ui/Fold";
import { ParcoursFields } from "./ParcoursFields";
import { draftOf, EMPTY } from "./parcours";

/** A parcours of that academy, to be delivered in sessions. */
export function NewParcours({ academy }: { academy: string }) {
  const { t } = useTranslation("planning");
  const [typed, setTyped] = useState(EMPTY);
  return (
    <Fold title={t("parcours.new")} data-testid="parcours-add">
      <Form
        act={() => ({ method: "POST", path: "parcours", body: { ...draftOf(typed), academy } })}
        done={t("parcours.made")}
        after={() => setTyped(EMPTY)}
      >
        <ParcoursFields typed={typed} onChange={setTyped} />
        <div>
          <Submit look="secondary" data-testid="parcours-create">
            {t("parcours.create")}
          </Submit>
        </div>
      </Form>
    </Fold>
  );
}
