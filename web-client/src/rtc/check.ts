// The lobby's connection check: a throw-away media connection, opened and closed.
import type { Envelope, IceServer, Request } from "../protocol/generated/protocol";
import { socketUrl, VERSION } from "../protocol/socket";
import { soundBySocket } from "./sound/able";
import { type Opening, openingsOf, pathThrough, type Way } from "./way";
import { remember } from "./ways";

export type CheckResult =
  | { state: "running" }
  /** `openings` are what would have to be let out for the straight way. */
  | { state: "ok"; way: Way; roundTripMs: number | null; openings: Opening[] }
  /** `sound`: this browser can hear and speak by the page all the same. */
  | { state: "blocked"; sound: boolean; openings: Opening[] }
  | { state: "unreachable" }
  /** The server has too many checks to make; entering is not concerned. */
  | { state: "skipped" }
  | { state: "unsupported" };

/** Longest waits: for the server, for media to get straight through, and with the relays as well. */
const ANSWER_MS = 6_000;
const STRAIGHT_MS = 4_000;
const RELAYED_MS = 10_000;

/**
 * Tries the path; `stop` gives up silently. The straight ways are tried alone first: a near relay answers sooner than
 * they do, and browsers keep what answers first.
 */
export async function checkConnection(
  ticket: string,
  iceServers: IceServer[],
  stop: AbortSignal,
): Promise<CheckResult> {
  if (typeof RTCPeerConnection === "undefined") return { state: "unsupported" };
  const straight = await attempt(ticket, [], STRAIGHT_MS, stop);
  const result =
    straight.state === "blocked" && iceServers.length > 0 && !stop.aborted
      ? await attempt(ticket, iceServers, RELAYED_MS, stop)
      : straight;
  remember(result.state === "ok" ? result.way : null, result.state === "blocked");
  return result;
}

/** One throw-away connection. */
async function attempt(
  ticket: string,
  iceServers: IceServer[],
  patience: number,
  stop: AbortSignal,
): Promise<CheckResult> {
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers });
  let socket: WebSocket | null = null;
  try {
    connection.addTransceiver("audio", { direction: "sendonly" });
    await connection.setLocalDescription(await connection.createOffer());
    if (stop.aborted) return { state: "unreachable" };
    // Opened only now: its handlers are in place before anything can happen to it.
    socket = new WebSocket(socketUrl());
    const sdp = await asked(socket, ticket, connection.localDescription?.sdp ?? "", stop);
    if (sdp === undefined) return { state: "unreachable" };
    if (sdp === null) return { state: "skipped" };
    await connection.setRemoteDescription({ type: "answer", sdp });
    const openings = openingsOf(sdp);
    if (!(await connected(connection, patience, stop)))
      return { state: "blocked", sound: soundBySocket(), openings };
    const path = await pathThrough(connection);
    return { state: "ok", way: path?.way ?? "udp", roundTripMs: path?.roundTripMs ?? null, openings };
  } catch {
    return { state: "unreachable" };
  } finally {
    if (socket) socket.onclose = socket.onerror = socket.onmessage = null;
    socket?.close();
    connection.close();
  }
}

/** The server's answer; null when it has too much to do, undefined when it says nothing. */
function asked(
  socket: WebSocket,
  ticket: string,
  sdp: string,
  stop: AbortSignal,
): Promise<string | null | undefined> {
  return within<string | null>(ANSWER_MS, stop, (resolve, reject) => {
    socket.onopen = () => {
      const request: Request = { type: "check", version: VERSION, ticket, sdp };
      socket.send(JSON.stringify(request));
    };
    socket.onclose = socket.onerror = reject;
    socket.onmessage = (event) => {
      const notice = JSON.parse(String(event.data)) as Envelope;
      if (notice.type === "check_answer") resolve(notice.sdp);
      else if (notice.type === "refused") resolve(null);
    };
  }).catch(() => undefined);
}

/** Whether media gets through in time. */
function connected(connection: RTCPeerConnection, patience: number, stop: AbortSignal): Promise<boolean> {
  return within<true>(patience, stop, (resolve, reject) => {
    const look = () => {
      if (connection.connectionState === "connected") resolve(true);
      else if (connection.connectionState === "failed") reject();
    };
    connection.onconnectionstatechange = look;
    look();
  }).catch(() => false);
}

function within<Value>(
  ms: number,
  stop: AbortSignal,
  start: (resolve: (value: Value) => void, reject: () => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error("no answer"));
    const timer = setTimeout(fail, ms);
    stop.addEventListener("abort", fail, { once: true });
    start(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      () => {
        clearTimeout(timer);
        fail();
      },
    );
  });
}
