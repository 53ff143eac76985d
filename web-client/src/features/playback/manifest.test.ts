import { describe, expect, it } from "vitest";
import { ManifestError, readManifest } from "./manifest";

const sample = () => ({
  v: 1,
  seance: "s",
  recording: "r",
  title: "Lire au cycle 3",
  started: "2026-11-21T19:00:00.000Z",
  from_us: 500_000,
  duration_us: 60_000_000,
  state: "ready",
  interrupted: false,
  tracks: [
    {
      id: "t1",
      participant: "p1",
      name: "Claire",
      source: "camera",
      codec: "vp8",
      segments: [
        { file: "media/1-camera-0.webm", t_us: 1_000_000, dur_us: 9_000_000, gaps: [[2_000_000, 5_000_000]] },
      ],
    },
  ],
  events: [{ file: "events/000000.ndjson", t_us: 0 }],
  pauses: [[20_000_000, 30_000_000]],
});

describe("the manifest", () => {
  it("is read into milliseconds of the séance clock", () => {
    const manifest = readManifest(sample());
    expect([manifest.fromMs, manifest.endMs]).toEqual([500, 60_000]);
    expect(manifest.ready).toBe(true);
    expect(manifest.tracks[0]?.segments[0]).toEqual({
      file: "media/1-camera-0.webm",
      from: 1000,
      to: 10_000,
      gaps: [{ from: 2000, to: 5000 }],
    });
    expect(manifest.pauses).toEqual([{ from: 20_000, to: 30_000 }]);
  });

  it("says that the recorder still writes", () => {
    expect(readManifest({ ...sample(), state: "live" }).ready).toBe(false);
  });

  it.each([
    ["another version", { v: 2 }],
    ["a negative duration", { duration_us: -1 }],
    ["a date that is none", { started: "hier" }],
    ["an address elsewhere", { events: [{ file: "https://example.org/x", t_us: 0 }] }],
    ["a path out of the folder", { events: [{ file: "events/../../secret", t_us: 0 }] }],
    ["no tracks", { tracks: undefined }],
  ])("refuses %s", (_, change) => {
    expect(() => readManifest({ ...sample(), ...change })).toThrow(ManifestError);
  });
});
