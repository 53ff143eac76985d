import { describe, expect, it } from "vitest";
import type { Track } from "./manifest";
import { activeTracks, segmentAt, Timeline } from "./timeline";

describe("séance time and play time", () => {
  const timeline = new Timeline(0, 100_000, [
    { from: 60_000, to: 70_000 },
    { from: 20_000, to: 30_000 },
    { from: 65_000, to: 75_000 },
  ]);

  it("leaves the pauses out of the length", () => {
    expect(timeline.pauses).toEqual([
      { from: 20_000, to: 30_000 },
      { from: 60_000, to: 75_000 },
    ]);
    expect(timeline.playMs).toBe(75_000);
  });

  it.each([
    [0, 0],
    [19_999, 19_999],
    [20_000, 30_000],
    [49_999, 59_999],
    [50_000, 75_000],
    [75_000, 100_000],
  ])("play %d is séance %d", (play, seance) => {
    expect(timeline.toSeance(play)).toBe(seance);
    expect(timeline.toPlay(seance)).toBe(play);
  });

  it("puts an instant of a pause where the pause starts", () => {
    expect(timeline.toPlay(25_000)).toBe(20_000);
    expect(timeline.toPlay(70_000)).toBe(50_000);
  });

  it("never leaves the recording", () => {
    expect(timeline.toPlay(-5)).toBe(0);
    expect(timeline.toPlay(1e9)).toBe(75_000);
    expect(timeline.toSeance(1e9)).toBe(100_000);
  });

  it("is the identity without pauses, and survives pauses outside of the recording", () => {
    const plain = new Timeline(0, 10_000, [{ from: 12_000, to: 13_000 }]);
    expect(plain.playMs).toBe(10_000);
    expect(plain.toSeance(4321)).toBe(4321);
  });

  it("starts where the recording does", () => {
    const late = new Timeline(4000, 10_000, [{ from: 5000, to: 6000 }]);
    expect(late.playMs).toBe(5000);
    expect([0, 1000, 5000].map((play) => late.toSeance(play))).toEqual([4000, 6000, 10_000]);
    expect(late.toPlay(4500)).toBe(500);
  });
});

describe("what is active", () => {
  const microphone: Track = {
    id: "m",
    participant: "p",
    name: "Claire",
    source: "microphone",
    segments: [
      {
        file: "media/0.mp4",
        from: 1000,
        to: 9000,
        gaps: [
          { from: 3000, to: 6000 },
          { from: 7000, to: 7500 },
        ],
      },
      { file: "media/1.mp4", from: 9000, to: 12_000, gaps: [] },
    ],
  };

  it.each([
    [999, undefined],
    [1000, "media/0.mp4"],
    [3000, undefined],
    [6000, "media/0.mp4"],
    [7200, undefined],
    [9000, "media/1.mp4"],
    [12_000, undefined],
  ])("at %d the file is %s", (at, file) => {
    expect(segmentAt(microphone, at)?.file).toBe(file);
  });

  it("keeps a slide that stands still, and a camera for a moment", () => {
    const segments = [
      {
        file: "media/2.webm",
        from: 0,
        to: 60_000,
        gaps: [
          { from: 1000, to: 30_000 },
          { from: 40_000, to: 43_000 },
        ],
      },
    ];
    const at = (source: "screen" | "camera", instant: number) =>
      segmentAt({ ...microphone, source, segments }, instant) !== undefined;
    expect([at("screen", 20_000), at("screen", 41_000)]).toEqual([true, true]);
    expect([at("camera", 20_000), at("camera", 41_000)]).toEqual([false, true]);
  });

  it("leaves silenced tracks out", () => {
    const muted = new Map([["m", [{ from: 1500, to: 2000 }]]]);
    expect(activeTracks([microphone], muted, 1400)).toHaveLength(1);
    expect(activeTracks([microphone], muted, 1500)).toHaveLength(0);
    expect(activeTracks([microphone], muted, 2000)).toHaveLength(1);
  });
});
