// The lobby's connection check: a throw-away media connection, opened and closed.
import type { Envelope, IceServer, Request } from "../protocol/generated/protocol";
import { socketUrl, VERSION } from "../protocol/socket";
import { type Opening, openingsOf, pathThrough, type Way } from "./way";
import { remember } from "./ways";

export type CheckResult =
  | { state: "running" }
  /** `openings` are what would have to be let out for the straight way. */
  | { state: "ok"; way: Way; roundTripMs: number | null; openings: Opening[] }
  | { state: "blocked"; openings: Opening[] }
  | { state: "unreachable" }
  /** The server has too many checks to make; entering is not concerned. */
  | { state: "skipped" }
  | { state: "unsupported" };

/** Longest wait for the server, then for media to get through. */
const ANSWER_MS = 6_000;
const MEDIA_MS = 10_000;

/** Tries the path once; `stop` gives up silently. */
export async function checkConnection(
  ticket: string,
  iceServers: IceServer[],
  stop: AbortSignal,
): Promise<CheckResult> {
  if (typeof RTCPeerConnection === "undefined") return { state: "unsupported" };
  const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers });
  let socket: WebSocket | null = null;
  try {
    connection.addTransceiver("audio", { direction: "sendonly" });
    await connection.setLocalDescription(await connection.createOffer());
    if (stop.aborted) return { state: "unreachable" };
    // Opened only now: its handlers are in place before anything can happen to it.
    const opened = new WebSocket(socketUrl());
    socket = opened;
    const sdp = await within<string | null>(ANSWER_MS, stop, (resolve, reject) => {
      opened.onopen = () => {
        const request: Request = {
          type: "check",
          version: VERSION,
          ticket,
          sdp: connection.localDescription?.sdp ?? "",
        };
        opened.send(JSON.stringify(request));
      };
      opened.onclose = opened.onerror = reject;
      opened.onmessage = (event) => {
        const notice = JSON.parse(String(event.data)) as Envelope;
        if (notice.type === "check_answer") resolve(notice.sdp);
        else if (notice.type === "refused") resolve(null);
      };
    }).catch(() => undefined);
    if (sdp === undefined) return { state: "unreachable" };
    if (sdp === null) return { state: "skipped" };
    await connection.setRemoteDescription({ type: "answer", sdp });
    const through = await within<true>(MEDIA_MS, stop, (resolve, reject) => {
      const look = () => {
        if (connection.connectionState === "connected") resolve(true);
        else if (connection.connectionState === "failed") reject();
      };
      connection.onconnectionstatechange = look;
      look();
    }).catch(() => null);
    const openings = openingsOf(sdp);
    const path = through && (await pathThrough(connection));
    remember(path?.way ?? null);
    if (!through) return { state: "blocked", openings };
    return { state: "ok", way: path?.way ?? "udp", roundTripMs: path?.roundTripMs ?? null, openings };
  } catch {
    return { state: "unreachable" };
  } finally {
    if (socket) socket.onclose = socket.onerror = socket.onmessage = null;
    socket?.close();
    connection.close();
  }
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
