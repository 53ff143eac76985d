// How much of a source is sent. Pure: what the machine can do and what is on screen decide.
import type { Source } from "../protocol/generated/protocol";

/** What limits the camera. */
export interface Load {
  /** Cameras on screen, own included. */
  visibleCameras: number;
  cores: number;
}

export const CAMERA_FULL = { height: 720, maxBitrate: 1_200_000, maxFramerate: 30 } as const;
export const CAMERA_CAPPED = { height: 360, maxBitrate: 350_000, maxFramerate: 24 } as const;
const SCREEN = { maxBitrate: 2_500_000, maxFramerate: 15 } as const;
const SPEECH = { maxBitrate: 40_000 } as const;
const SCREEN_SOUND = { maxBitrate: 96_000 } as const;

const CROWD = 6;
const WEAK_CORES = 2;

/** Small machines and crowded screens send 360p. */
export function cameraRung(load: Load): typeof CAMERA_FULL | typeof CAMERA_CAPPED {
  return load.visibleCameras > CROWD || load.cores <= WEAK_CORES ? CAMERA_CAPPED : CAMERA_FULL;
}

/** One encoding a source; simulcast adds entries here and nowhere else. */
export function encodingsOf(source: Source, captureHeight: number, load: Load): RTCRtpEncodingParameters[] {
  switch (source) {
    case "camera": {
      const rung = cameraRung(load);
      return [
        {
          maxBitrate: rung.maxBitrate,
          maxFramerate: rung.maxFramerate,
          scaleResolutionDownBy: Math.max(1, captureHeight / rung.height),
        },
      ];
    }
    case "screen":
      return [{ maxBitrate: SCREEN.maxBitrate, maxFramerate: SCREEN.maxFramerate }];
    case "microphone":
      return [{ maxBitrate: SPEECH.maxBitrate }];
    case "screen_audio":
      return [{ maxBitrate: SCREEN_SOUND.maxBitrate }];
  }
}
