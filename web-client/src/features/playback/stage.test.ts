import { describe, expect, it } from "vitest";
import type { Source } from "../../protocol/generated/protocol";
import type { Track } from "./manifest";
import { countUntil, floorOf, speakingAt, stageAt } from "./stage";
import type { Speaking, Story } from "./story";

const track = (participant: string, source: Source, from: number, to: number): Track => ({
  id: `${participant}-${source}`,
  participant,
  name: participant,
  source,
  segments: [{ file: `media/${participant}-${source}.webm`, from, to, gaps: [] }],
});
const story = (speaking: Speaking[] = []): Story => ({
  names: new Map(),
  messages: [],
  speaking,
  muted: new Map(),
});
const show = (tracks: Track[], speaking: Speaking[], at: number) => {
  const { main, strip } = stageAt(tracks, story(speaking), floorOf(speaking, 60_000), at);
  return [main?.id, strip.map((entry) => entry.id)];
};

describe("who has the floor", () => {
  it("needs a voice that lasts", () => {
    expect(
      floorOf(
        [
          { t: 0, participants: ["a"] },
          { t: 800, participants: [] },
          { t: 5000, participants: ["b"] },
        ],
        60_000,
      ),
    ).toEqual([{ t: 6200, participant: "b" }]);
  });

  it("stays with a leader who goes on, and passes when he stops", () => {
    expect(
      floorOf(
        [
          { t: 0, participants: ["a"] },
          { t: 3000, participants: ["a", "b"] },
          { t: 9000, participants: ["b"] },
        ],
        60_000,
      ),
    ).toEqual([
      { t: 1200, participant: "a" },
      { t: 9000, participant: "b" },
    ]);
  });
});

describe("the stage", () => {
  const cameras = ["a", "b", "c", "d", "e", "f"].map((name) => track(name, "camera", 0, 60_000));

  it("shows the screen share and the cameras beside it", () => {
    expect(show([track("a", "camera", 0, 60_000), track("a", "screen", 10_000, 20_000)], [], 15_000)).toEqual(
      ["a-screen", ["a-camera"]],
    );
    expect(show([track("a", "camera", 0, 60_000), track("a", "screen", 10_000, 20_000)], [], 20_000)).toEqual(
      ["a-camera", []],
    );
  });

  it("shows the latest of two screens", () => {
    expect(show([track("b", "screen", 30_000, 60_000), track("a", "screen", 0, 60_000)], [], 40_000)[0]).toBe(
      "b-screen",
    );
  });

  it("follows the speaker, then keeps the last one in silence", () => {
    const speaking = [
      { t: 0, participants: ["b"] },
      { t: 10_000, participants: ["e"] },
      { t: 20_000, participants: [] },
    ];
    expect(show(cameras, speaking, 5000)).toEqual([
      "b-camera",
      ["a-camera", "c-camera", "d-camera", "e-camera"],
    ]);
    expect(show(cameras, speaking, 30_000)).toEqual([
      "e-camera",
      ["a-camera", "b-camera", "c-camera", "d-camera"],
    ]);
  });

  it("opens on whoever will speak first", () => {
    expect(show(cameras, [{ t: 20_000, participants: ["d"] }], 1000)[0]).toBe("d-camera");
  });

  it("keeps the last camera when the speaker has none", () => {
    const speaking = [
      { t: 0, participants: ["b"] },
      { t: 10_000, participants: ["sans-camera"] },
    ];
    expect(show(cameras, speaking, 15_000)[0]).toBe("b-camera");
  });

  it("is empty when nobody shows anything, and never shows sounds", () => {
    expect(show([track("a", "microphone", 0, 60_000)], [], 100)).toEqual([undefined, []]);
  });
});

describe("looking up by instant", () => {
  const speaking = [
    { t: 100, participants: ["a"] },
    { t: 200, participants: ["b"] },
  ];
  it.each([
    [99, 0],
    [100, 1],
    [199, 1],
    [200, 2],
  ])("at %d, %d entries are past", (at, count) => expect(countUntil(speaking, at)).toBe(count));

  it("tells who speaks", () => {
    expect(speakingAt(speaking, 50)).toEqual([]);
    expect(speakingAt(speaking, 150)).toEqual(["a"]);
  });
});
