import type {
  PresenceRow as ComputedRow,
  PresenceSheet as ComputedSheet,
  Status,
} from "./generated/attendance";

// What the pages of the office ask for and get. Durations in minutes unless the name says otherwise, instants as in JSON.

export type PlatformRole = "formateur" | "concepteur" | "gestionnaire" | "inspecteur" | "administrateur";

export type Grant = { role: PlatformRole; scope: string };

export type PersonView = {
  id: string;
  email: string | null;
  lastName: string;
  firstName: string;
  academy: string;
  uai: string;
  school: string;
  town: string;
  circonscription: string;
  degree: "PU1D" | "PR1D" | "PU2D" | "PR2D" | null;
  quotitePercent: number;
  dueMin: number | null;
};

export type MeAnswer = { person: PersonView | null; roles: Grant[]; csrf: string | null; demo: boolean };

/** Somebody who is logged in. */
export type Me = MeAnswer & { person: PersonView };

export type PersonListed = { person: PersonView; roles: Grant[]; account: boolean };

export type EnrolmentRole = "trainer" | "co_trainer" | "tutor" | "participant" | "observer";

export type SeanceKind = "classe_virtuelle" | "webinaire" | "audioconference" | "presentiel" | "permanente";

export type SeanceSummary = {
  id: string;
  title: string;
  kind: SeanceKind;
  startsAt: string;
  endsAt: string;
  timeZone: string;
  durationMin: number;
  state: "planned" | "live" | "ended" | "cancelled";
  academy: string;
  sessionFormation: string | null;
  role: EnrolmentRole | null;
  enrolled: number;
  toCheck: number;
};

export type Warning = { code: string; [key: string]: unknown };

export type SeanceView = {
  id: string;
  title: string;
  kind: SeanceKind;
  startsAt: string;
  endsAt: string;
  timeZone: string;
  durationMin: number;
  state: "planned" | "live" | "ended" | "cancelled";
  academy: string;
  sessionFormation: string | null;
  thresholdMin: number | null;
  recorded: boolean;
  guests: boolean;
  required: boolean;
  creditMin: number | null;
  accessBeforeMin: number;
};

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

export type SeanceTemplate = {
  name: string;
  label: string;
  kind: SeanceKind;
  accessBeforeMin: number;
  thresholdMin: number | null;
  recorded: boolean;
  guests: boolean;
};

export type SeanceMade = { seance: SeanceView; warnings: Warning[] };

export type HoursMode = "inscription" | "attestee" | "par_seance";

export type ParcoursView = {
  id: string;
  identifiant: string;
  title: string;
  academy: string;
  distanceMin: number | null;
  presenceMin: number | null;
  category: "fc" | "ap";
};

export type SessionSummary = {
  id: string;
  parcours: string;
  title: string;
  academy: string;
  startsOn: string;
  endsOn: string;
  state: "prep" | "open" | "archived";
  hoursMode: HoursMode;
};

export type Enrolled = {
  person: { id: string; lastName: string; firstName: string; email: string | null };
  role: EnrolmentRole;
  source: "gaia" | "moodle" | "csv" | "manual" | "walkin";
  answer: "waiting" | "yes" | "no";
};

export type SessionView = SessionSummary & { seances: SeanceSummary[]; enrolments: Enrolled[] };

export type RejectedLine = { number: number; text: string; code: string };

export type CsvPreview = { people: { email: string; role: EnrolmentRole }[]; rejected: RejectedLine[] };

export type GaiaCounts = {
  dispositifs: number;
  modules: number;
  sessions: number;
  trainers: number;
  trainees: number;
  added: number;
  changed: number;
  removed: number;
};

export type GaiaCode = "NB_CHAMPS" | "CHAMP_VIDE" | "DATE_INVALIDE" | "ENCODAGE" | "DOUBLON";

export type GaiaRejected = { file: string; number: number; text: string; code: GaiaCode };

export type GaiaPreview = { token: string; counts: GaiaCounts; rejected: GaiaRejected[] };

export type GaiaDispositif = { base: string; dispositif: string; name: string };

export type GaiaModule = { module: number; name: string };

export type GaiaSession = {
  session: number;
  group: string;
  startsAt: string;
  endsAt: string;
  place: string;
  trainers: number;
  trainees: number;
};

export type GaiaLink = {
  base: string;
  dispositif: string;
  module: number;
  session: number;
  label: string;
  trainers: number;
  trainees: number;
};

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
