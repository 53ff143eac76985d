import { lazy } from "react";

/** The addresses of the page. Tickets travel in the fragment, never in the path or the query. */
export const paths = {
  home: "/",
  seance: "/seance/:seance",
  presence: "/seance/:seance/presence",
  replay: "/seance/:seance/replay/:recording",
} as const;

const withTicket = (path: string, ticket: string | null) => (ticket ? `${path}#${ticket}` : path);

export const seanceHref = (seance: string, ticket: string | null) => withTicket(`/seance/${seance}`, ticket);
export const presenceHref = (seance: string, ticket: string | null) =>
  withTicket(`/seance/${seance}/presence`, ticket);
export const replayHref = (seance: string, recording: string, ticket: string | null) =>
  withTicket(`/seance/${seance}/replay/${recording}`, ticket);

/** Everything but the lobby arrives when it is needed. */
export const loadRoom = () => import("./features/room/Room");
export const Room = lazy(loadRoom);
export const Attendance = lazy(() => import("./features/attendance/Attendance"));
export const Playback = lazy(() => import("./features/playback/Playback"));
