import { describe, expect, it } from "vitest";
import { readLog, tell } from "./story";

const line = (seq: number, seconds: number, k: string, d: object) =>
  JSON.stringify({ seq, t: seconds * 1e6, k, d });
const chat = (seq: number, seconds: number, id: string, text: string) =>
  line(seq, seconds, "chat", {
    id,
    participant: "p1",
    name: "Anne",
    role: "participant",
    text,
    at: "2026-11-21T19:00:00Z",
  });

describe("the event log", () => {
  it("is read in milliseconds, a torn or foreign line left out", () => {
    const log = `${line(1, 2, "join", { participant: "p1", name: "Anne" })}\n\n42\n${chat(2, 3, "a", "Bonjour")}\n{"seq":3,"t":`;
    expect(readLog(log).map((entry) => [entry.kind, entry.t])).toEqual([
      ["join", 2000],
      ["chat", 3000],
    ]);
  });

  it("orders messages and forgets deleted ones", () => {
    const log = [
      chat(4, 9, "c", "Trois"),
      chat(1, 3, "a", "Un"),
      chat(2, 5, "b", "Deux"),
      line(5, 10, "chat.delete", { id: "b" }),
    ];
    const story = tell(readLog(log.join("\n")), 60_000);
    expect(story.messages.map((message) => message.text)).toEqual(["Un", "Trois"]);
  });

  it("names the author of a message by their arrival when the message does not", () => {
    const log = [
      line(1, 1, "join", { participant: "p9", name: "Claire", role: "trainer" }),
      line(2, 2, "chat", { id: "m", participant: "p9", text: "Bonjour" }),
    ];
    expect(tell(readLog(log.join("\n")), 10_000).messages[0]).toMatchObject({
      name: "Claire",
      role: "trainer",
    });
  });

  it("knows when a track was silenced, also until the end", () => {
    const log = [
      line(1, 1, "mute", { track: "t", muted: true }),
      line(2, 2, "mute", { track: "t", muted: true }),
      line(3, 4, "mute", { track: "t", muted: false }),
      line(4, 8, "mute", { track: "t", muted: true }),
    ];
    expect(tell(readLog(log.join("\n")), 10_000).muted.get("t")).toEqual([
      { from: 1000, to: 4000 },
      { from: 8000, to: 10_000 },
    ]);
  });

  it("does not keep somebody silent after a pause, during which nothing was noted", () => {
    const log = [
      line(1, 1, "mute", { track: "t", muted: true }),
      line(2, 5, "rec.pause", {}),
      line(3, 9, "rec.resume", {}),
    ];
    expect(tell(readLog(log.join("\n")), 20_000).muted.get("t")).toEqual([{ from: 1000, to: 9000 }]);
  });
});
