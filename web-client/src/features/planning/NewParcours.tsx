import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Form, Line, Submit } from "../../app/office/Form";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";

const EMPTY = { identifiant: "", title: "", distanceMin: "", presenceMin: "" };

/** A parcours: its identifier, its title and the durations it announces, which are what is ever deducted. */
export function NewParcours({ academy }: { academy: string }) {
  const { t } = useTranslation("planning");
  const [parcours, setParcours] = useState(EMPTY);
  const [category, setCategory] = useState<"fc" | "ap">("fc");
  const line = (name: keyof typeof EMPTY, kind: "text" | "number") => (
    <Line
      name={name}
      label={t(`parcours.${name}`)}
      type={kind}
      min={kind === "number" ? 0 : undefined}
      required={kind === "text"}
      value={parcours[name]}
      onChange={(value) => setParcours({ ...parcours, [name]: value })}
      data-testid={`parcours-${name}`}
    />
  );
  const minutes = (text: string) => (text === "" ? null : Number(text));
  return (
    <Fold title={t("parcours.new")} data-testid="parcours-add">
      <Form
        className={layout.fields}
        act={() => ({
          method: "POST",
          path: "parcours",
          body: {
            ...parcours,
            distanceMin: minutes(parcours.distanceMin),
            presenceMin: minutes(parcours.presenceMin),
            category,
            academy,
          },
        })}
        done={t("parcours.made")}
        after={() => setParcours(EMPTY)}
      >
        {line("identifiant", "text")}
        {line("title", "text")}
        {line("distanceMin", "number")}
        {line("presenceMin", "number")}
        <Select
          label={t("parcours.category")}
          value={category}
          options={(["fc", "ap"] as const).map((value) => ({ value, label: t(`parcours.${value}`) }))}
          onChange={setCategory}
        />
        <Submit look="secondary" data-testid="parcours-create">
          {t("parcours.create")}
        </Submit>
      </Form>
    </Fold>
  );
}
