import { useTranslation } from "react-i18next";
import { Line, Lines } from "../../app/office/Form";
import { Checkbox } from "../../ui/Field";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import type { TypedParcours } from "./parcours";

/** What a thousand hours are, minutes: more is a slip of the pen. */
const MAX_MINUTES = 60_000;

interface ParcoursFieldsProps {
  typed: TypedParcours;
  onChange: (typed: TypedParcours) => void;
}

/** A parcours: its identifier, its title and the durations it announces, which are what is ever deducted. */
export function ParcoursFields({ typed, onChange }: ParcoursFieldsProps) {
  const { t } = useTranslation("planning");
  const set = (change: Partial<TypedParcours>) => onChange({ ...typed, ...change });
  const duration = (name: "distanceMin" | "presenceMin") => (
    <Line
      name={name}
      label={t(`parcours.${name}`)}
      type="number"
      min={0}
      max={MAX_MINUTES}
      value={typed[name]}
      onChange={(value) => set({ [name]: value })}
      data-testid={`parcours-${name}`}
    />
  );
  const text = (name: "objectives" | "competences") => (
    <Lines
      name={name}
      label={t(`parcours.${name}`)}
      hint={t(`parcours.${name}Hint`)}
      maxLength={4000}
      value={typed[name]}
      onChange={(value) => set({ [name]: value })}
      data-testid={`parcours-${name}`}
    />
  );
  return (
    <>
      <div className={layout.fields}>
        <Line
          name="identifiant"
          label={t("parcours.identifiant")}
          maxLength={64}
          value={typed.identifiant}
          onChange={(identifiant) => set({ identifiant })}
          data-testid="parcours-identifiant"
        />
        <Line
          name="title"
          label={t("parcours.title")}
          required
          maxLength={255}
          value={typed.title}
          onChange={(title) => set({ title })}
          data-testid="parcours-title"
        />
      </div>
      <div className={layout.fields}>
        {duration("distanceMin")}
        {duration("presenceMin")}
      </div>
      <p className={layout.small}>{t("parcours.durations")}</p>
      <Fold title={t("parcours.more")} data-testid="parcours-more">
        {text("objectives")}
        {text("competences")}
        <Select
          label={t("parcours.category")}
          value={typed.category}
          options={(["fc", "ap"] as const).map((value) => ({ value, label: t(`parcours.${value}`) }))}
          onChange={(category) => set({ category })}
        />
        <Checkbox
          label={t("parcours.counted")}
          checked={typed.counted}
          onChange={({ target }) => set({ counted: target.checked })}
          data-testid="parcours-counted"
        />
      </Fold>
    </>
  );
}
