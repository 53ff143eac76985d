// The one WebSocket of a participant: hello, heartbeat, numbering, and coming back without a click.
import type { Envelope, Notice, Refusal, Request, Resume } from "./generated/protocol";

export const VERSION = 1;
export const HEARTBEAT_MS = 15_000;

/** Waits before each new attempt; the last one repeats. A quarter is random, so a class does not come back in step. */
export const DELAYS_MS = [0, 500, 1_000, 2_000, 3_000] as const;

/** Bytes of own sound that wait at most: half a second of a voice. */
const MOST_UNSENT = 2_048;

/** A connection that has not opened by then is tried again. */
const OPENING_MS = 8_000;

/** Refusals of `hello` that time alone may cure. */
const PASSING: readonly Refusal["code"][] = ["busy", "storage_failing", "out_of_turn", "not_joined"];

/** `waiting`: in front of the door, until a trainer comes. */
export type Link = "connecting" | "waiting" | "live" | "lost" | "closed";

/** Why the socket stopped for good. */
export type Stop =
  | { why: "left" }
  | { why: "ended" }
  | { why: "removed" }
  | { why: "elsewhere" }
  | { why: "refused"; refusal: Refusal };

export interface Hello {
  ticket: string;
  name: string | null;
  recordingAcknowledged: boolean;
}

export interface SocketEvents {
  /** Who says hello; asked again at every connection. */
  hello: () => Hello;
  notice: (notice: Notice) => void;
  /** A binary message. */
  sound: (message: ArrayBuffer) => void;
  link: (link: Link) => void;
  stop: (stop: Stop) => void;
}

/** What the socket needs of its surroundings; tests bring their own. */
export interface Surroundings {
  open: (url: string) => WebSocket;
  setTimeout: (act: () => void, ms: number) => number;
  clearTimeout: (id: number) => void;
  random: () => number;
}

const browser: Surroundings = {
  open: (url) => new WebSocket(url),
  setTimeout: (act, ms) => Number(globalThis.setTimeout(act, ms)),
  clearTimeout: (id) => globalThis.clearTimeout(id),
  random: Math.random,
};

export class RoomSocket {
  #socket: WebSocket | null = null;
  #link: Link = "closed";
  #resume: Resume | null = null;
  #attempt = 0;
  #retry: number | null = null;
  #opening: number | null = null;
  #heardAt = 0;
  #early: Envelope[] = [];
  #stopped = false;

  constructor(
    private readonly url: string,
    private readonly events: SocketEvents,
    private readonly around: Surroundings = browser,
  ) {}

  get link(): Link {
    return this.#link;
  }

  /** When the last message arrived, milliseconds of `performance.now()`. */
  get heardAt(): number {
    return this.#heardAt;
  }

  start(): void {
    this.#stopped = false;
    this.#attempt = 0;
    this.#connect();
  }

  /** Sends when connected; false means that nothing was sent. */
  send(request: Request): boolean {
    if (this.#link !== "live" || this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  /** What may be said while waiting, too. */
  #tell(request: Request): void {
    const open = this.#link === "live" || this.#link === "waiting";
    if (open && this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(request));
  }

  /** Sends sound, unless the network is behind already: late sound is worth nothing. */
  sendSound(message: Uint8Array<ArrayBuffer>): boolean {
    const socket = this.#socket;
    if (this.#link !== "live" || socket?.readyState !== 1 || socket.bufferedAmount > MOST_UNSENT)
      return false;
    socket.send(message);
    return true;
  }

  /** Said in the room and in front of its door. */
  heartbeat(): void {
    this.#tell({ type: "heartbeat" });
  }

  /** The place is given up. */
  leave(): void {
    this.#tell({ type: "leave" });
    this.#finish({ why: "left" });
  }

  /** The page goes away; the place is kept for a minute. */
  close(): void {
    this.#stopped = true;
    this.#drop();
    this.#turn("closed");
  }

  /** Asks for the whole state at the next connection. */
  forgetResume(): void {
    this.#resume = null;
  }

  /** The network changed or seems dead: a new connection now, resumed where this one stops. */
  reconnect(): void {
    if (this.#stopped) return;
    this.#attempt = 0;
    this.#drop();
    this.#fall();
    this.#connect();
  }

  /** What was connected is so no more. */
  #fall(): void {
    if (this.#link === "live" || this.#link === "waiting") this.#turn("lost");
  }

  #connect(): void {
    if (this.#stopped) return;
    this.#drop();
    if (this.#link === "closed") this.#turn("connecting");
    const socket = this.around.open(this.url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#opening = this.around.setTimeout(() => this.#lost(socket), OPENING_MS);
    socket.onopen = () => {
      const hello = this.events.hello();
      socket.send(
        JSON.stringify({ type: "hello", version: VERSION, resume: this.#resume, ...hello } satisfies Request),
      );
    };
    socket.onmessage = (event) => this.#hear(socket, event.data);
    socket.onclose = () => this.#lost(socket);
    socket.onerror = () => this.#lost(socket);
  }

  #hear(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#heardAt = performance.now();
    if (data instanceof ArrayBuffer) {
      if (this.#link === "live") this.events.sound(data);
      return;
    }
    if (typeof data !== "string") return;
    let envelope: Envelope;
    try {
      envelope = JSON.parse(data) as Envelope;
    } catch {
      return;
    }
    if (this.#link === "live") {
      this.#take(envelope);
      return;
    }
    // The media plane may be faster than the journal: what comes before the greeting is kept for after it.
    const greeting = this.#greeted(envelope);
    if (greeting === "later") this.#early.push(envelope);
    if (greeting !== "live") return;
    const early = this.#early;
    this.#early = [];
    this.#take(envelope);
    for (const kept of early) if (socket === this.#socket) this.#take(kept);
  }

  #take(envelope: Envelope): void {
    if (envelope.seq !== undefined && this.#resume && envelope.type !== "welcome") {
      const expected = this.#resume.seen + 1;
      if (envelope.seq < expected) return;
      if (envelope.seq > expected) {
        // Something was missed: coming back with the last number seen brings it.
        this.reconnect();
        return;
      }
      this.#resume = { epoch: this.#resume.epoch, seen: envelope.seq };
    }
    this.events.notice(envelope);
    if (envelope.type === "ended") this.#stopped = true;
    if (envelope.type === "goodbye" && envelope.why === "elsewhere") this.#finish({ why: "elsewhere" });
  }

  /** Handles the answer to `hello`: the connection is live, or it was something else, or it is for later. */
  #greeted(notice: Notice): "live" | "taken" | "later" {
    switch (notice.type) {
      case "welcome":
      case "resumed":
        if (notice.type === "welcome") this.#resume = { epoch: notice.epoch, seen: notice.reached };
        else this.#resume = { epoch: notice.epoch, seen: this.#resume?.seen ?? notice.reached };
        this.#attempt = 0;
        this.#clearOpening();
        this.#turn("live");
        return "live";
      case "waiting":
        this.#attempt = 0;
        this.#clearOpening();
        this.#turn("waiting");
        this.events.notice(notice);
        return "taken";
      case "ended":
        this.#stopped = true;
        this.events.notice(notice);
        return "taken";
      case "refused":
        if (!PASSING.includes(notice.reason.code)) this.#finish({ why: "refused", refusal: notice.reason });
        return "taken";
      case "goodbye":
        if (notice.why === "elsewhere") this.#finish({ why: "elsewhere" });
        return "taken";
      default:
        return "later";
    }
  }

  #lost(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#drop();
    if (this.#stopped) {
      this.#turn("closed");
      return;
    }
    this.#fall();
    const delay = DELAYS_MS[Math.min(this.#attempt, DELAYS_MS.length - 1)] ?? 0;
    this.#attempt += 1;
    this.#retry = this.around.setTimeout(() => this.#connect(), delay * (0.75 + 0.25 * this.around.random()));
  }

  /** Nothing follows: somebody decided. */
  finish(stop: Stop): void {
    this.#finish(stop);
  }

  #finish(stop: Stop): void {
    this.#stopped = true;
    this.#drop();
    this.#turn("closed");
    this.events.stop(stop);
  }

  #drop(): void {
    if (this.#retry !== null) this.around.clearTimeout(this.#retry);
    this.#retry = null;
    this.#clearOpening();
    this.#early = [];
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }

  #clearOpening(): void {
    if (this.#opening !== null) this.around.clearTimeout(this.#opening);
    this.#opening = null;
  }

  #turn(link: Link): void {
    if (link === this.#link) return;
    this.#link = link;
    this.events.link(link);
  }
}

/** The address of the WebSocket of this origin. */
export const socketUrl = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
