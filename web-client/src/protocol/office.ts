// What the pages of the office speak, in one place. Durations in minutes unless the name says otherwise.

import type { Me as MeAnswer, PersonView } from "./generated/office";

export type * from "./generated/attendance";
export type * from "./generated/hours";
export type * from "./generated/office";

/** Somebody who is logged in. */
export type Me = MeAnswer & { person: PersonView };
