import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Envelope, Request } from "./generated/protocol";
import { DELAYS_MS, type Link, RoomSocket, type Stop } from "./socket";

/** The browser's side of a WebSocket, driven by hand. */
class Wire {
  static opened: Wire[] = [];
  readyState = 0;
  sent: Request[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    Wire.opened.push(this);
  }
  send(data: string) {
    this.sent.push(JSON.parse(data) as Request);
  }
  close() {
    this.closed = true;
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  hear(notice: object) {
    this.onmessage?.({ data: JSON.stringify(notice) });
  }
  drop() {
    this.readyState = 3;
    this.onclose?.();
  }
}

const welcome = (reached: number, epoch = "boot-1") => ({
  type: "welcome",
  epoch,
  reached,
  you: { stay: "stay" },
});
const hands = (seq: number) => ({ type: "hands", order: [], seq });

let links: Link[] = [];
let notices: Envelope[] = [];
let stops: Stop[] = [];
let sounds: ArrayBuffer[] = [];

function start(): RoomSocket {
  const socket = new RoomSocket(
    "ws://here/ws",
    {
      hello: () => ({ ticket: "ticket", name: "Anne", recordingAcknowledged: true }),
      notice: (notice) => notices.push(notice),
      sound: (message) => sounds.push(message),
      link: (link) => links.push(link),
      stop: (stop) => stops.push(stop),
    },
    {
      open: () => new Wire() as unknown as WebSocket,
      setTimeout: (act, ms) => Number(setTimeout(act, ms)),
      clearTimeout: (id) => clearTimeout(id),
      random: () => 1,
    },
  );
  socket.start();
  return socket;
}

const last = () => {
  const wire = Wire.opened.at(-1);
  if (!wire) throw new Error("nothing opened");
  return wire;
};

const waiting = { type: "waiting", stay: "stay" };

/** A connection that has been welcomed. */
function live(seq = 10): RoomSocket {
  const socket = start();
  last().open();
  last().hear(welcome(seq));
  return socket;
}

beforeEach(() => {
  vi.useFakeTimers();
  Wire.opened = [];
  links = [];
  notices = [];
  stops = [];
  sounds = [];
});

afterEach(() => {
  vi.useRealTimers();
});

describe("entering", () => {
  it("says hello without resume, then is live", () => {
    live();
    expect(last().sent[0]).toEqual({
      type: "hello",
      version: 1,
      ticket: "ticket",
      name: "Anne",
      recordingAcknowledged: true,
      resume: null,
    });
    expect(links).toEqual(["connecting", "live"]);
  });

  it("keeps what comes before the greeting for after it", () => {
    start();
    last().open();
    last().hear({ type: "subscribe_offer", negotiation: 1, sdp: "", tracks: [] });
    expect(notices).toEqual([]);
    last().hear(welcome(3));
    expect(notices.map((notice) => notice.type)).toEqual(["welcome", "subscribe_offer"]);
  });

  it("stops at a refusal that time does not cure", () => {
    start();
    last().open();
    last().hear({ type: "refused", request: "hello", reason: { code: "ticket_expired" }, clientId: null });
    expect(stops).toEqual([{ why: "refused", refusal: { code: "ticket_expired" } }]);
    vi.advanceTimersByTime(60_000);
    expect(Wire.opened).toHaveLength(1);
  });

  it("tries again when the server was busy", () => {
    start();
    last().open();
    last().hear({ type: "refused", request: "hello", reason: { code: "busy" }, clientId: null });
    last().drop();
    vi.advanceTimersByTime(0);
    expect(Wire.opened).toHaveLength(2);
    expect(stops).toEqual([]);
  });

  it("gives up a connection that does not open", () => {
    start();
    vi.advanceTimersByTime(8_001);
    expect(Wire.opened).toHaveLength(2);
    expect(Wire.opened[0]?.closed).toBe(true);
  });
});

describe("coming back", () => {
  it("resumes with the last number seen, at once, then more slowly", () => {
    live(10);
    last().hear(hands(11));
    last().hear(hands(12));
    last().drop();
    expect(links.at(-1)).toBe("lost");
    for (const [attempt, delay] of [...DELAYS_MS, 3_000].entries()) {
      if (delay > 0) {
        vi.advanceTimersByTime(delay - 1);
        expect(Wire.opened, `attempt ${attempt}`).toHaveLength(attempt + 1);
      }
      vi.advanceTimersByTime(delay > 0 ? 1 : 0);
      expect(Wire.opened, `attempt ${attempt}`).toHaveLength(attempt + 2);
      last().drop();
    }
    vi.advanceTimersByTime(3_000);
    last().open();
    expect(last().sent[0]).toMatchObject({ type: "hello", resume: { epoch: "boot-1", seen: 12 } });
    last().hear({ type: "resumed", epoch: "boot-1", reached: 14, now: "" });
    last().hear(hands(13));
    last().hear(hands(14));
    expect(links.at(-1)).toBe("live");
    expect(notices.filter((notice) => notice.type === "hands").map((notice) => notice.seq)).toEqual([
      11, 12, 13, 14,
    ]);
  });

  it("counts from the new snapshot after a restart of the server", () => {
    live(10);
    last().drop();
    vi.advanceTimersByTime(0);
    last().open();
    last().hear(welcome(2, "boot-2"));
    last().hear(hands(3));
    expect(Wire.opened).toHaveLength(2);
    last().drop();
    vi.advanceTimersByTime(0);
    last().open();
    expect(last().sent[0]).toMatchObject({ resume: { epoch: "boot-2", seen: 3 } });
  });

  it("takes a notice once", () => {
    live(10);
    last().hear(hands(11));
    last().hear(hands(11));
    last().hear(hands(9));
    expect(notices.filter((notice) => notice.type === "hands")).toHaveLength(1);
  });

  it("comes back when a number is missing", () => {
    live(10);
    last().hear(hands(13));
    expect(notices.some((notice) => notice.type === "hands")).toBe(false);
    expect(Wire.opened).toHaveLength(2);
    last().open();
    expect(last().sent[0]).toMatchObject({ resume: { seen: 10 } });
  });

  it("is not disturbed by the end of a former connection", () => {
    const socket = live(10);
    const former = last();
    socket.reconnect();
    last().open();
    last().hear({ type: "resumed", epoch: "boot-1", reached: 10, now: "" });
    former.onclose?.();
    former.onmessage?.({ data: JSON.stringify(hands(11)) });
    expect(socket.link).toBe("live");
    expect(notices.some((notice) => notice.type === "hands")).toBe(false);
  });

  it("comes back after a goodbye of a stopping server", () => {
    live();
    last().hear({ type: "goodbye", why: "server_stopping" });
    last().drop();
    vi.advanceTimersByTime(0);
    expect(Wire.opened).toHaveLength(2);
  });
});

describe("staying away", () => {
  it("after the end of the séance", () => {
    live();
    last().hear({ type: "ended", at: "", why: "trainer", recorded: true, seq: 11 });
    last().hear({ type: "recording_ready", recording: "r" });
    last().drop();
    vi.advanceTimersByTime(60_000);
    expect(Wire.opened).toHaveLength(1);
    expect(notices.map((notice) => notice.type)).toContain("recording_ready");
  });

  it("after leaving, and tells the server", () => {
    const socket = live();
    const wire = last();
    socket.leave();
    expect(wire.sent.at(-1)).toEqual({ type: "leave" });
    vi.advanceTimersByTime(60_000);
    expect(Wire.opened).toHaveLength(1);
    expect(stops).toEqual([{ why: "left" }]);
  });

  it("when the stay goes on elsewhere", () => {
    live();
    last().hear({ type: "goodbye", why: "elsewhere" });
    vi.advanceTimersByTime(60_000);
    expect(Wire.opened).toHaveLength(1);
    expect(stops).toEqual([{ why: "elsewhere" }]);
  });
});

it("sends nothing while it is not live", () => {
  const socket = start();
  expect(socket.send({ type: "raise_hand", raised: true })).toBe(false);
  last().open();
  expect(socket.send({ type: "raise_hand", raised: true })).toBe(false);
  last().hear(welcome(1));
  expect(socket.send({ type: "raise_hand", raised: true })).toBe(true);
});

describe("in front of the door", () => {
  it("says that it is there, says nothing else, and is let in on the same connection", () => {
    const socket = start();
    last().open();
    last().hear(waiting);
    expect(links.at(-1)).toBe("waiting");
    socket.heartbeat();
    expect(socket.send({ type: "raise_hand", raised: true })).toBe(false);
    expect(last().sent.at(-1)).toEqual({ type: "heartbeat" });
    last().hear(welcome(3));
    expect(links.at(-1)).toBe("live");
    expect(notices.map(({ type }) => type)).toEqual(["waiting", "welcome"]);
  });

  it("comes back by itself, and hears that nobody came", () => {
    start();
    last().open();
    last().hear(waiting);
    last().drop();
    expect(links.at(-1)).toBe("lost");
    vi.advanceTimersByTime(DELAYS_MS[0]);
    last().open();
    last().hear(waiting);
    expect(links.at(-1)).toBe("waiting");
    last().hear({ type: "ended", at: "2026-11-18T15:00:00Z", why: "forgotten", recorded: false });
    last().drop();
    vi.advanceTimersByTime(60_000);
    expect(Wire.opened).toHaveLength(2);
    expect(notices.at(-1)?.type).toBe("ended");
  });
});
