import type {
  PresenceRow as ComputedRow,
  PresenceSheet as ComputedSheet,
  Status,
} from "./generated/attendance";
import type { Me as MeAnswer, PersonView } from "./generated/office";

// What the pages of the office ask for and get. Durations in minutes unless the name says otherwise, instants as in JSON.

export type { Grant, PersonListed, PersonView, PlatformRole } from "./generated/office";

/** Somebody who is logged in. */
export type Me = MeAnswer & { person: PersonView };

export type EnrolmentRole = "trainer" | "co_trainer" | "tutor" | "participant" | "observer";

export type SeanceKind = "classe_virtuelle" | "webinaire" | "audioconference" | "presentiel" | "permanente";

export type PlannedSeance = {
  id: string;
  title: string;
  kind: SeanceKind;
  state: "planned" | "live" | "ended" | "cancelled";
  startsAt: string;
  endsAt: string;
  localStart: string;
  timeZone: string;
  durationMin: number;
  threshold: Threshold;
  thresholdMin: number | null;
  accessBeforeMin: number;
  recorded: boolean;
  guests: boolean;
  required: boolean;
  capacity: number;
  creditMin: number | null;
  trainers: string[];
  academy: string;
  sessionFormation: string | null;
  sequence: number;
  cancelledAt: string | null;
  madeBy: string | null;
  mine: { role: EnrolmentRole; answer: "waiting" | "yes" | "no" } | null;
};

export type PlanWarning =
  | { code: "threshold_unreachable" }
  | { code: "in_the_past" }
  | { code: "hour_skipped"; shown: string; season: "summer" | "winter" }
  | { code: "hour_twice"; first: string; second: string; chosen: "first" | "second" };

export type Planned = { seance: PlannedSeance; warnings: PlanWarning[] };

export type ViewOfMe = { viewer: string; what: string; at: string };

export type Parts = { distance: boolean; presence: boolean };

export type Hours =
  | { kind: "not_filled"; attested: boolean }
  | { kind: "counted"; distance: number; presence: number };

export type Account = {
  due: { total: number; fc: number };
  fc: number;
  ap: number;
  total: number;
  distance: number;
  remaining: number;
  fcMissing: number;
  excess: number;
  satisfied: boolean;
  noDistance: boolean;
  digitalMissing: number | null;
};

export type AnnualLine = {
  sessionFormation: string;
  title: string;
  identifiant: string;
  mode: HoursMode;
  category: "fc" | "ap";
  on: string;
  hours: Hours;
  repeated: boolean;
  attested: boolean;
};

export type AnnualHours = {
  person: string;
  schoolYear: string;
  year: number;
  account: Account | null;
  total: number;
  days: string;
  lines: AnnualLine[];
};

export type AttestationView = {
  id: string;
  number: string;
  sessionFormation: string;
  title: string;
  identifiant: string;
  attested: Parts;
  byHand: boolean;
  reason: string;
  by: string;
  at: string;
  revokedAt: string | null;
  verifyCode: string;
};

export type Outcome = "present" | "absent" | "excused" | "silent";

export type PersonHours = {
  person: string;
  lastName: string;
  firstName: string;
  school: string;
  town: string;
  nominative: boolean;
  outcomes: Outcome[];
  signed: number;
  proposal: Parts;
  attestation: AttestationView | null;
  hours: Hours;
  flags: string[];
};

export type SeanceColumn = {
  seance: string;
  title: string;
  startsAt: string;
  timeZone: string;
  required: boolean;
};

export type SessionHours = {
  sessionFormation: string;
  title: string;
  identifiant: string;
  mode: HoursMode;
  rule: { kind: "all" } | { kind: "at_least"; count: number } | { kind: "ratio"; percent: number };
  announced: { distance: number | null; presence: number | null };
  counted: boolean;
  archived: boolean;
  seances: SeanceColumn[];
  halfDays: number;
  rows: PersonHours[];
  toAttest: number;
  unfinished: boolean;
};

export type VerifiedAttestation = {
  number: string;
  name: string;
  title: string;
  identifiant: string;
  startsOn: string;
  endsOn: string;
  distance: number | null;
  presence: number | null;
  attested: Parts;
  at: string;
  revokedAt: string | null;
};

export type Cell =
  | { kind: "blank" }
  | { kind: "hours"; minutes: number }
  | { kind: "not_filled" }
  | { kind: "attested_without_duration" };

export type Supervision = {
  schoolYear: string;
  year: number;
  counting: "inscription" | "attestee";
  circonscription: string;
  circonscriptions: string[];
  columns: {
    sessionFormation: string;
    title: string;
    startsOn: string;
    endsOn: string;
    trainers: string[];
    announced: { distance: number | null; presence: number | null };
  }[];
  rows: {
    person: string;
    lastName: string;
    firstName: string;
    school: string;
    town: string;
    cells: Cell[];
    total: number;
  }[];
};

export type Count = { kind: "shown"; count: number } | { kind: "hidden" };

export type ShownGroup = { label: string; people: Count; minutes: Count };

export type Statistics = {
  schoolYear: string;
  year: number;
  academy: string;
  byDegree: ShownGroup[];
  byCirconscription: ShownGroup[];
  total: ShownGroup;
};

export type Template = {
  kind: SeanceKind;
  name: string;
  durationMin: number;
  threshold: Threshold;
  accessBeforeMin: number;
  recorded: boolean;
  guests: boolean;
  required: boolean;
  capacity: number;
  sentence: string;
};

export type HoursMode = "inscription" | "attestee" | "par_seance";

export type Parcours = {
  id: string;
  identifiant: string;
  title: string;
  academy: string;
  collection: string;
  announced: { distance: number | null; presence: number | null };
  category: "fc" | "ap";
  counted: boolean;
  objectives: string;
  competences: string;
};

export type SessionFormation = {
  id: string;
  parcours: string;
  title: string;
  academy: string;
  startsOn: string;
  endsOn: string;
  state: "prep" | "open" | "archived";
  hoursMode: HoursMode;
};

export type EnrolmentView = {
  person: PersonView;
  role: EnrolmentRole;
  source: "gaia" | "moodle" | "csv" | "manual" | "walkin";
  answer: "waiting" | "yes" | "no";
  base: string | null;
  session: number | null;
  bySession: boolean;
};

export type SessionDetail = {
  session: SessionFormation;
  parcours: Parcours;
  seances: PlannedSeance[];
  enrolments: EnrolmentView[] | null;
};

export type ListCode = "ADRESSE_INVALIDE" | "ROLE_INCONNU" | "DOUBLON" | "ENCODAGE" | "TROP_DE_LIGNES";

export type RejectedLine = { line: number; code: ListCode; text: string };

export type ListedPerson = {
  line: number;
  email: string;
  lastName: string;
  firstName: string;
  role: EnrolmentRole;
};

export type EnrolmentReport = {
  added: number;
  changed: number;
  same: number;
  unknown: number;
  people: ListedPerson[];
  rejected: RejectedLine[];
  preview: boolean;
};

export type GaiaCounts = { added: number; changed: number; removed: number; same: number };

export type GaiaRejected = { file: string; line: number; code: string; why: string; text: string };

export type GaiaRemark = { file: string; line: number; what: string };

export type GaiaPreview = {
  token: string;
  academy: string;
  day: string;
  sessions: GaiaCounts;
  trainers: GaiaCounts;
  trainees: GaiaCounts;
  rejected: GaiaRejected[];
  remarks: GaiaRemark[];
  collapse: boolean;
  importedAt: string | null;
};

export type GaiaDispositif = { base: string; dispositif: string; name: string };

export type GaiaModule = { module: number; name: string };

export type GaiaSession = {
  base: string;
  dispositif: string;
  dispositifName: string;
  module: number;
  moduleName: string;
  session: number;
  group: string;
  startsAt: string;
  endsAt: string;
  placeType: string;
  place: string;
  trainers: number;
  trainees: number;
  removed: boolean;
};

export type GaiaLinks = { sessions: GaiaSession[]; enrolled: number; unenrolled: number };

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

export type Threshold = { mode: "auto" } | { mode: "fixed"; minutes: number };

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
