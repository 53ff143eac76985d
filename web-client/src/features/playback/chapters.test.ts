import { describe, expect, it } from "vitest";
import { chapterAt, chaptersOf } from "./chapters";
import type { Track } from "./manifest";
import { Timeline } from "./timeline";

const screen = (name: string, ...spans: [number, number][]): Track => ({
  id: name,
  participant: name,
  name,
  source: "screen",
  segments: spans.map(([from, to], index) => ({ file: `media/${name}-${index}.webm`, from, to, gaps: [] })),
});

describe("chapters", () => {
  it("start at the beginning, at screen shares and after pauses, in play time", () => {
    const timeline = new Timeline(0, 300_000, [{ from: 100_000, to: 160_000 }]);
    const tracks = [screen("Claire", [40_000, 80_000], [80_500, 99_000]), screen("Luc", [200_000, 250_000])];
    expect(chaptersOf(tracks, timeline)).toEqual([
      { playMs: 0, kind: "start", name: "" },
      { playMs: 40_000, kind: "screen", name: "Claire" },
      { playMs: 100_000, kind: "resumed", name: "" },
      { playMs: 140_000, kind: "screen", name: "Luc" },
    ]);
  });

  it("are not crowded: a share that starts at once gives its name to the first", () => {
    expect(chaptersOf([screen("Claire", [2000, 80_000])], new Timeline(0, 90_000, []))).toEqual([
      { playMs: 0, kind: "screen", name: "Claire" },
    ]);
  });

  it("contain instants", () => {
    const chapters = chaptersOf([screen("Claire", [40_000, 80_000])], new Timeline(0, 90_000, []));
    expect([0, 39_999, 40_000].map((at) => chapterAt(chapters, at))).toEqual([0, 0, 1]);
  });
});
