import { describe, expect, it } from "vitest";
import { encodingsOf, type Sending } from "./encodings";

const camera = (changes: Partial<Sending> = {}) =>
  encodingsOf("camera", {
    captureHeight: 720,
    load: { visibleCameras: 2, cores: 8 },
    codec: "vp8",
    demand: null,
    ...changes,
  });
const heights = (captureHeight: number, changes: Partial<Sending> = {}) =>
  camera({ captureHeight, ...changes })
    .filter(({ active }) => active)
    .map(({ rid, scaleResolutionDownBy }) => [rid, captureHeight / (scaleResolutionDownBy ?? 1)]);

describe("what the camera sends", () => {
  it("is 180p, 360p and 720p, smallest first", () => {
    expect(heights(720)).toEqual([
      ["l", 180],
      ["m", 360],
      ["h", 720],
    ]);
    expect(heights(1080)).toEqual(heights(720));
  });

  it("is two sizes on a small machine", () => {
    const small = { load: { visibleCameras: 1, cores: 2 } };
    expect(camera(small).map(({ rid }) => rid)).toEqual(["l", "m"]);
    expect(heights(720, small)).toEqual([
      ["l", 180],
      ["m", 360],
    ]);
  });

  it("never enlarges, and makes no size that is hardly larger than the one below", () => {
    expect(heights(480)).toEqual([
      ["l", 180],
      ["m", 360],
    ]);
    expect(heights(540)).toEqual([
      ["l", 180],
      ["m", 360],
      ["h", 540],
    ]);
    expect(heights(240)).toEqual([["l", 180]]);
    expect(heights(144)).toEqual([["l", 144]]);
  });

  it("keeps the number of encodings whatever the camera: they are negotiated once", () => {
    for (const captureHeight of [0, 144, 360, 720, 1080]) expect(camera({ captureHeight })).toHaveLength(3);
  });

  it("is without the largest in a crowd, unless the server says that somebody watches it", () => {
    const load = { visibleCameras: 9, cores: 8 };
    expect(heights(720, { load }).map(([rid]) => rid)).toEqual(["l", "m"]);
    expect(heights(720, { load, demand: { watched: true, rids: ["h"] } })).toEqual([["h", 720]]);
  });

  it("is only what somebody watches", () => {
    expect(heights(720, { demand: { watched: true, rids: ["l"] } })).toEqual([["l", 180]]);
    expect(heights(720, { demand: { watched: false, rids: [] } })).toEqual([]);
    expect(heights(360, { demand: { watched: true, rids: ["l", "h"] } })).toEqual([["l", 180]]);
  });

  it("is one stream of layers in VP9 and AV1", () => {
    for (const codec of ["vp9", "av1"] as const) {
      expect(camera({ codec })).toEqual([
        expect.objectContaining({ scalabilityMode: "L3T3_KEY", scaleResolutionDownBy: 1, active: true }),
      ]);
      expect(camera({ codec, captureHeight: 360 })[0]?.scalabilityMode).toBe("L2T3_KEY");
      expect(camera({ codec, load: { visibleCameras: 1, cores: 2 } })[0]).toMatchObject({
        scalabilityMode: "L2T3_KEY",
        scaleResolutionDownBy: 2,
      });
      expect(camera({ codec, captureHeight: 180 })[0]?.scalabilityMode).toBe("L1T3");
      expect(camera({ codec, demand: { watched: false, rids: [] } })[0]?.active).toBe(false);
    }
  });
});

describe("what a screen sends", () => {
  const screen = (demand: Sending["demand"]) =>
    encodingsOf("screen", {
      captureHeight: 1080,
      load: { visibleCameras: 9, cores: 2 },
      codec: "vp8",
      demand,
    });

  it("is one encoding in full size, whatever the machine", () => {
    expect(screen(null)).toEqual([
      { maxBitrate: 2_500_000, maxFramerate: 15, active: true, scalabilityMode: "L1T2" },
    ]);
  });

  it("rests while nobody watches", () => {
    expect(screen({ watched: false, rids: [] })[0]?.active).toBe(false);
  });
});
