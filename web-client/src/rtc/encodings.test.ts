import { describe, expect, it } from "vitest";
import { cameraRung, encodingsOf } from "./encodings";

describe("what the camera sends", () => {
  it("is 720p on a machine that can, to a few", () => {
    expect(encodingsOf("camera", 720, { visibleCameras: 6, cores: 4 })).toEqual([
      { maxBitrate: 1_200_000, maxFramerate: 30, scaleResolutionDownBy: 1 },
    ]);
  });

  it("is 360p in a crowd or on a small machine", () => {
    expect(cameraRung({ visibleCameras: 7, cores: 8 }).height).toBe(360);
    expect(cameraRung({ visibleCameras: 1, cores: 2 }).height).toBe(360);
    expect(encodingsOf("camera", 720, { visibleCameras: 9, cores: 8 })[0]?.scaleResolutionDownBy).toBe(2);
  });

  it("never enlarges a small camera", () => {
    expect(encodingsOf("camera", 240, { visibleCameras: 9, cores: 8 })[0]?.scaleResolutionDownBy).toBe(1);
  });
});
