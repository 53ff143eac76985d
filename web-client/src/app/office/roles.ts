import type { Me, PlatformRole } from "../../protocol/office";

const has =
  (...wanted: PlatformRole[]) =>
  (me: Me) =>
    me.roles.some(({ role }) => wanted.includes(role));

/** Which doors to draw. The server decides what is allowed; this only spares people doors that would stay shut. */
export const may = {
  plan: has("formateur", "concepteur", "gestionnaire", "administrateur"),
  /** Parcours and their sessions. */
  conceive: has("concepteur", "gestionnaire", "administrateur"),
  manage: has("gestionnaire", "administrateur"),
  people: has("gestionnaire", "administrateur"),
  supervise: has("inspecteur", "gestionnaire", "administrateur"),
  administrate: has("administrateur"),
};
