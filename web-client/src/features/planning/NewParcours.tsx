import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSent } from "../../app/office/asking";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";

const EMPTY = { identifiant: "", title: "", distanceMin: "", presenceMin: "" };

/** A parcours: its identifier, its title and the durations it announces, which are what is ever deducted. */
export function NewParcours({ academy }: { academy: string }) {
  const { t } = useTranslation("planning");
  const [parcours, setParcours] = useState(EMPTY);
  const [category, setCategory] = useState<"fc" | "ap">("fc");
  const make = useSent({ done: t("parcours.made"), after: () => setParcours(EMPTY) });
  const field = (name: keyof typeof EMPTY, kind: "text" | "number") => (
    <Field
      label={t(`parcours.${name}`)}
      type={kind}
      min={kind === "number" ? 0 : undefined}
      required={kind === "text"}
      value={parcours[name]}
      onChange={(event) => setParcours({ ...parcours, [name]: event.target.value })}
      data-testid={`parcours-${name}`}
    />
  );
  const minutes = (text: string) => (text === "" ? null : Number(text));
  return (
    <Fold title={t("parcours.new")} data-testid="parcours-add">
      <form
        className={layout.fields}
        onSubmit={(event) => {
          event.preventDefault();
          make.act({
            method: "POST",
            path: "parcours",
            body: {
              ...parcours,
              distanceMin: minutes(parcours.distanceMin),
              presenceMin: minutes(parcours.presenceMin),
              category,
              academy,
            },
          });
        }}
      >
        {field("identifiant", "text")}
        {field("title", "text")}
        {field("distanceMin", "number")}
        {field("presenceMin", "number")}
        <Select
          label={t("parcours.category")}
          value={category}
          options={(["fc", "ap"] as const).map((value) => ({ value, label: t(`parcours.${value}`) }))}
          onChange={setCategory}
        />
        <Button type="submit" isDisabled={make.busy} data-testid="parcours-create">
          {t("parcours.create")}
        </Button>
      </form>
    </Fold>
  );
}
