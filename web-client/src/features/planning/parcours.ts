// A parcours as it is typed, and as it is sent.

import type { Category, Parcours, ParcoursDraft } from "../../protocol/office";

export interface TypedParcours {
  identifiant: string;
  title: string;
  distanceMin: string;
  presenceMin: string;
  objectives: string;
  competences: string;
  category: Category;
  counted: boolean;
}

export const EMPTY: TypedParcours = {
  identifiant: "",
  title: "",
  distanceMin: "",
  presenceMin: "",
  objectives: "",
  competences: "",
  category: "fc",
  counted: true,
};

/** Minutes as they are shown; nothing for « non renseigné », which is not zero. */
const shown = (minutes: number | null) => (minutes === null ? "" : String(minutes));
const minutes = (text: string) => (text.trim() === "" ? null : Number(text));

export const typedOf = ({ announced, ...rest }: Parcours): TypedParcours => ({
  identifiant: rest.identifiant,
  title: rest.title,
  distanceMin: shown(announced.distance),
  presenceMin: shown(announced.presence),
  objectives: rest.objectives,
  competences: rest.competences,
  category: rest.category,
  counted: rest.counted,
});

export const draftOf = (typed: TypedParcours): ParcoursDraft => ({
  ...typed,
  distanceMin: minutes(typed.distanceMin),
  presenceMin: minutes(typed.presenceMin),
});
