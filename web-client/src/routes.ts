import { lazy } from "react";

/** The addresses of the page. Tickets and other secrets travel in the fragment, never in the path or the query. */
export const paths = {
  home: "/",
  login: "/login",
  invitation: "/invitation",
  account: "/account",
  newSeance: "/seances/new",
  seance: "/seance/:seance",
  settings: "/seance/:seance/settings",
  enrolments: "/seance/:seance/enrolments",
  seanceGaia: "/seance/:seance/gaia",
  emargementDesk: "/seance/:seance/emargement",
  presence: "/seance/:seance/presence",
  replay: "/seance/:seance/replay/:recording",
  sessions: "/sessions",
  session: "/sessions/:session",
  sessionHours: "/sessions/:session/hours",
  sessionEnrolments: "/sessions/:session/enrolments",
  gaia: "/gaia",
  schools: "/schools",
  people: "/people",
  supervision: "/supervision",
  statistics: "/statistics",
  emargement: "/emargement",
  attestation: "/attestation/:code",
  privacy: "/privacy",
  retention: "/retention",
  accessibility: "/accessibility",
} as const;

const withTicket = (path: string, ticket: string | null) => (ticket ? `${path}#${ticket}` : path);

export const seanceHref = (seance: string, ticket: string | null) => withTicket(`/seance/${seance}`, ticket);
export const presenceHref = (seance: string, ticket: string | null) =>
  withTicket(`/seance/${seance}/presence`, ticket);
export const replayHref = (seance: string, recording: string, ticket: string | null) =>
  withTicket(`/seance/${seance}/replay/${recording}`, ticket);
export const settingsHref = (seance: string) => `/seance/${seance}/settings`;
export const enrolmentsHref = (seance: string) => `/seance/${seance}/enrolments`;
export const seanceGaiaHref = (seance: string) => `/seance/${seance}/gaia`;
export const emargementHref = (seance: string) => `/seance/${seance}/emargement`;
/** Where one signs oneself; by the ticket of that séance when this tab holds it. */
export const signHref = (seance: string) => `/emargement?seance=${encodeURIComponent(seance)}`;
export const sessionHref = (session: string) => `/sessions/${session}`;
export const sessionEnrolmentsHref = (session: string) => `/sessions/${session}/enrolments`;
export const sessionHoursHref = (session: string) => `/sessions/${session}/hours`;

/** Everything but the lobby arrives when it is needed. */
export const loadRoom = () => import("./features/room/Room");
export const Room = lazy(loadRoom);
export const Playback = lazy(() => import("./features/playback/Playback"));
export const Attendance = lazy(() => import("./features/attendance/Attendance"));
export const Office = lazy(() => import("./app/office/Office"));
export const Entering = lazy(() => import("./app/office/Entering"));
/** The scan of the paper list that a signature names. */
export const scanHref = ({ halfDay, attachmentSha256 }: { halfDay: string; attachmentSha256: string }) =>
  `/api/half-days/${halfDay}/scans/${attachmentSha256}`;
