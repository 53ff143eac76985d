import { describe, expect, it } from "vitest";
import type { ChatMessage, Notice, Person, Role } from "../protocol/generated/protocol";
import { WINDOW, written } from "./chat";
import { apply, emptyRoom, linked, may, type RoomState } from "./room";

const person = (id: string, changes: Partial<Person> = {}): Person => ({
  id,
  name: id,
  role: "participant",
  connected: true,
  handRaised: false,
  tracks: [],
  ...changes,
});

const message = (id: string, participant = "luc", clientId = `c-${id}`): ChatMessage => ({
  id,
  participant,
  name: participant,
  role: "participant",
  at: "2026-11-21T18:00:00Z",
  text: id,
  clientId,
});

function welcome(changes: Partial<Extract<Notice, { type: "welcome" }>> = {}): Notice {
  return {
    type: "welcome",
    you: {
      participant: "anne",
      connection: "k1",
      name: "Anne",
      role: "participant",
      permissions: ["chat", "raise_hand"],
      publishable: ["microphone"],
      stay: "stay",
    },
    epoch: "boot",
    reached: 1,
    now: "2026-11-21T18:00:05Z",
    seance: {
      id: "s",
      title: "Lire au cycle 3",
      kind: "classe_virtuelle",
      state: "live",
      startsAt: "2026-11-21T18:00:00Z",
      endsAt: "2026-11-21T19:30:00Z",
      opensAt: "2026-11-21T17:50:00Z",
      timeZone: "Europe/Paris",
      durationMin: 90,
      thresholdMin: 45,
      recorded: true,
    },
    people: [person("anne"), person("luc"), person("ines")],
    hands: [],
    chat: { messages: [], more: false },
    recording: { state: "waiting" },
    outageMs: null,
    iceServers: [],
    ...changes,
  };
}

const told = (notices: Notice[], from: RoomState = emptyRoom) =>
  notices.reduce((state, notice) => apply(state, notice, Date.parse("2026-11-21T18:00:00Z")), from);

describe("people", () => {
  it("arrive in order, change in place and go with all that is theirs", () => {
    const state = told([
      welcome({ hands: ["luc"] }),
      { type: "person", person: person("zoe") },
      { type: "person", person: person("luc", { handRaised: true }) },
      { type: "speaking", participants: ["luc", "anne"] },
    ]);
    expect(state.people.map(({ id }) => id)).toEqual(["anne", "luc", "ines", "zoe"]);
    expect(state.lastSpeaker).toBe("luc");
    const gone = told([{ type: "person_gone", participant: "luc", why: "lost" }], state);
    expect(gone.people.map(({ id }) => id)).toEqual(["anne", "ines", "zoe"]);
    expect([gone.hands, gone.speaking, gone.lastSpeaker]).toEqual([[], ["anne"], null]);
  });

  it("one's own voice is not the last speaker", () => {
    expect(told([welcome(), { type: "speaking", participants: ["anne"] }]).lastSpeaker).toBeNull();
  });

  it("a new role brings its permissions", () => {
    const role: Role = "speaker";
    const state = told([
      welcome(),
      { type: "permissions", role, permissions: ["share_screen"], publishable: ["screen"] },
    ]);
    expect(may(state, "share_screen")).toBe(true);
    expect(may(state, "chat")).toBe(false);
    expect(state.you?.stay).toBe("stay");
  });
});

describe("snapshot", () => {
  it("replaces everything but what is on its way", () => {
    let state = told([welcome(), { type: "chat_posted", message: message("1") }]);
    state = { ...state, chat: written(written(state.chat, "lost", "perdu"), "arrived", "arrivé") };
    const back = told(
      [
        welcome({
          people: [person("anne")],
          chat: { messages: [message("9", "anne", "arrived")], more: true },
        }),
      ],
      state,
    );
    expect(back.people.map(({ id }) => id)).toEqual(["anne"]);
    expect(back.chat.messages.map(({ id }) => id)).toEqual(["9"]);
    expect(back.chat.more).toBe(true);
    expect(back.chat.pending.map(({ clientId }) => clientId)).toEqual(["lost"]);
  });

  it("knows how far the local clock is from the server's", () => {
    expect(told([welcome()]).clockSkew).toBe(5_000);
  });
});

describe("chat", () => {
  it("replaces the pending copy by the posted message, once", () => {
    let state = told([welcome()]);
    state = { ...state, chat: written(state.chat, "c1", "bonjour") };
    const posted: Notice = { type: "chat_posted", message: message("1", "anne", "c1") };
    state = told([posted, posted], state);
    expect(state.chat.pending).toEqual([]);
    expect(state.chat.messages).toHaveLength(1);
    expect(state.chat.unread).toBe(0);
  });

  it("keeps a refused message with the reason", () => {
    let state = told([welcome()]);
    state = { ...state, chat: written(state.chat, "c1", "bonjour") };
    state = told(
      [{ type: "refused", request: "chat_post", reason: { code: "too_fast" }, clientId: "c1" }],
      state,
    );
    expect(state.chat.pending[0]?.refusal).toEqual({ code: "too_fast" });
  });

  it("counts what others write while it is out of view, and keeps a window", () => {
    const many = Array.from(
      { length: WINDOW + 20 },
      (_, rank): Notice => ({ type: "chat_posted", message: message(`m${rank}`) }),
    );
    const state = told([welcome(), ...many]);
    expect(state.chat.unread).toBe(WINDOW + 20);
    expect(state.chat.messages).toHaveLength(WINDOW);
    expect(state.chat.more).toBe(true);
    expect(state.chat.messages.at(-1)?.id).toBe(`m${WINDOW + 19}`);
  });

  it("puts an earlier page in front without repeating", () => {
    const state = told([
      welcome({ chat: { messages: [message("5"), message("6")], more: true } }),
      { type: "chat_page", messages: [message("3"), message("4"), message("5")], more: false },
    ]);
    expect(state.chat.messages.map(({ id }) => id)).toEqual(["3", "4", "5", "6"]);
    expect(state.chat.more).toBe(false);
  });

  it("lets a deleted message go", () => {
    const state = told([
      welcome({ chat: { messages: [message("5")], more: false } }),
      { type: "chat_deleted", message: "5" },
    ]);
    expect(state.chat.messages).toEqual([]);
  });
});

describe("link", () => {
  it("remembers since when it is lost", () => {
    const lost = linked(linked(emptyRoom, "lost", 100), "lost", 200);
    expect(lost.lostAt).toBe(100);
    expect(linked(lost, "live", 300).lostAt).toBeNull();
  });
});

it("ignores notices of a newer server", () => {
  const state = told([welcome()]);
  expect(apply(state, { type: "poll_opened" } as unknown as Notice, 0)).toBe(state);
});

describe("connections", () => {
  it("shows how the own one is, and forgets at a new welcome", () => {
    const known = apply(
      apply(emptyRoom, welcome(), 0),
      { type: "quality", level: "fair", lossPercent: 4, roundTripMs: 180 },
      0,
    );
    expect(known.quality).toEqual({ level: "fair", lossPercent: 4, roundTripMs: 180 });
    expect(apply(known, welcome(), 0).quality).toBeNull();
  });

  it("lists the weak ones once, until they are better or gone", () => {
    const weak = (participant: string, is = true): Notice => ({ type: "weak", participant, weak: is });
    const two = [weak("luc"), weak("ines"), weak("luc")].reduce(
      (state, notice) => apply(state, notice, 0),
      apply(emptyRoom, welcome(), 0),
    );
    expect(two.weak.toSorted()).toEqual(["ines", "luc"]);
    expect(apply(two, weak("luc", false), 0).weak).toEqual(["ines"]);
    expect(apply(two, { type: "person_gone", participant: "ines", why: "left" }, 0).weak).toEqual(["luc"]);
    expect(apply(two, welcome(), 0).weak).toEqual([]);
  });
});
