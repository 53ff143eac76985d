// What the pages of the office speak, in one place. Durations in minutes unless the name says otherwise.

import type {
  PresenceRow as ComputedRow,
  PresenceSheet as ComputedSheet,
  Status,
} from "./generated/attendance";
import type { Me as MeAnswer, PersonView, Threshold } from "./generated/office";

export type * from "./generated/hours";
export type * from "./generated/office";

/** Somebody who is logged in. */
export type Me = MeAnswer & { person: PersonView };

/** Who looked at one's own data. */
export type ViewOfMe = { viewer: string; what: string; at: string };

export type HalfDayCode = { code: string; svg: string; secondsLeft: number };

export type HalfDay = { id: string; startsAt: string; durationMin: number };

export type Signature = {
  halfDay: string;
  person: string;
  method: "qr" | "code" | "tick" | "paper";
  at: string;
  author: string;
};

export type HalfDays = {
  halfDays: HalfDay[];
  signatures: Signature[];
  blocked: { person: string; until: string }[];
};

export type Reason =
  | "PANNE_RESEAU"
  | "SALLE_PARTAGEE"
  | "TELEPHONE"
  | "ERREUR_IDENTITE"
  | "PRESENCE_PRESENTIEL"
  | "EXCUSE"
  | "AUTRE";

export type Change =
  | { kind: "status"; new: Status | null }
  | { kind: "declared_minutes"; new: number | null }
  | { kind: "attach"; new: string | null }
  | { kind: "excuse"; new: boolean }
  | { kind: "threshold"; new: Threshold };

export type Remark = {
  number: number;
  person: string | null;
  old: Change;
  new: Change;
  reason: Reason;
  text: string;
  author: string;
  authorName: string;
  at: string;
};

export type CorrectionRequest = {
  id: string;
  person: string;
  text: string;
  askedAt: string;
  answer: "accepted" | "refused" | null;
  answerText: string;
  answeredAt: string | null;
};

export type PresenceRow = ComputedRow & {
  table: "participants" | "trainers" | "tutors";
  enrolled: boolean;
  gaia: { state: "unlinked" | "listed" | "withdrawn" | "unlisted" };
  decided: Status;
  origin: "auto" | "manuel";
  reason: Reason | null;
  declaredMin: number | null;
  signatures: Signature[];
  signedMin: number;
  history: Remark[];
  requests: CorrectionRequest[];
};

export type Counts = {
  enrolled: number;
  present: number;
  declared: number;
  absent: number;
  excused: number;
  offList: number;
  guests: number;
};

export type PresenceSheet = Omit<ComputedSheet, "rows"> & {
  version: number;
  threshold: Threshold;
  lockedFrom: string;
  archived: boolean;
  counts: Counts;
  halfDays: HalfDay[];
  attached: { guest: string; name: string; to: string }[];
  history: Remark[];
  rows: PresenceRow[];
};
