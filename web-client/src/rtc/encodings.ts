// How much of a source is sent, in which sizes. Pure: the device, the machine and what the others watch decide.
import type { Source } from "../protocol/generated/protocol";

/** What pictures are compressed with. VP8 runs everywhere; the others are a choice of the person. */
export type PictureCodec = "vp8" | "h264" | "vp9" | "av1";
export const PICTURE_CODECS = ["vp8", "h264", "vp9", "av1"] as const satisfies readonly PictureCodec[];

/** What limits the camera. */
export interface Load {
  /** Cameras on screen, own included. */
  visibleCameras: number;
  cores: number;
}

/** What the others need of a picture, as the server tells it. */
export interface Demand {
  watched: boolean;
  /** The encodings that somebody watches; empty without simulcast. */
  rids: readonly string[];
}

export interface Sending {
  /** Lines of the captured picture; 0 when the browser does not tell. */
  captureHeight: number;
  load: Load;
  codec: PictureCodec;
  /** Null as long as the server has said nothing: everything is needed. */
  demand: Demand | null;
}

/** The sizes a camera is sent in, smallest first; `rid` names them in the negotiation. */
const RUNGS = [
  { rid: "l", height: 180, maxBitrate: 120_000, maxFramerate: 15 },
  { rid: "m", height: 360, maxBitrate: 350_000, maxFramerate: 30 },
  { rid: "h", height: 720, maxBitrate: 1_200_000, maxFramerate: 30 },
] as const;
type Rung = (typeof RUNGS)[number];

const SCREEN = { maxBitrate: 2_500_000, maxFramerate: 15 } as const;
const SPEECH = { maxBitrate: 40_000 } as const;
const SCREEN_SOUND = { maxBitrate: 96_000 } as const;

const CROWD = 6;
const WEAK_CORES = 2;

/** A camera this much larger than a size is worth sending in the next one too; Chromium cuts layers alike. */
const WORTH = 1.5;

/** The best temporal scalability that every encoder of a browser has: half the frames may be left out. */
const TEMPORAL = "L1T2";

/** Not in every type library yet. */
export type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

/** Codecs that carry several sizes in one stream (SVC); the others send one stream a size (simulcast). */
export const isLayered = (codec: PictureCodec) => codec === "vp9" || codec === "av1";

/** The encodings of a source. Their number and names depend on the machine and the codec alone: they are negotiated. */
export function encodingsOf(source: Source, sending: Sending): Encoding[] {
  switch (source) {
    case "camera":
      return isLayered(sending.codec) ? [layered(sending)] : simulcast(sending);
    case "screen":
      return [{ ...SCREEN, active: watched(sending.demand), scalabilityMode: TEMPORAL }];
    case "microphone":
      return [{ ...SPEECH }];
    case "screen_audio":
      return [{ ...SCREEN_SOUND }];
  }
}

const watched = (demand: Demand | null) => demand?.watched ?? true;

/** Small machines encode two sizes. */
const rungsOf = ({ cores }: Load): readonly Rung[] => RUNGS.slice(0, cores <= WEAK_CORES ? 2 : 3);

/** The sizes worth making of this capture, at least the smallest. */
function worthwhile(rungs: readonly Rung[], captureHeight: number): readonly Rung[] {
  if (captureHeight === 0) return rungs;
  return rungs.filter((_, place) => captureHeight >= WORTH * (rungs[place - 1]?.height ?? 0));
}

/** Never larger than captured. */
const scale = (captureHeight: number, rung: Rung) => Math.max(1, captureHeight / rung.height);

function simulcast({ captureHeight, load, demand }: Sending): Encoding[] {
  const rungs = rungsOf(load);
  const useful = worthwhile(rungs, captureHeight);
  // Until the server says who watches what, a crowd on the own screen stands for a crowd on everybody's.
  const crowded = demand === null && load.visibleCameras > CROWD;
  return rungs.map((rung) => ({
    rid: rung.rid,
    active:
      useful.includes(rung) &&
      !(crowded && rung.rid === "h") &&
      (demand === null || (demand.watched && demand.rids.includes(rung.rid))),
    maxBitrate: rung.maxBitrate,
    maxFramerate: rung.maxFramerate,
    scaleResolutionDownBy: scale(captureHeight, rung),
    scalabilityMode: TEMPORAL,
  }));
}

/** One stream of one to three sizes in three frame rates; only keyframes lean on the smaller size. */
function layered({ captureHeight, load, demand }: Sending): Encoding {
  const useful = worthwhile(rungsOf(load), captureHeight);
  const top = useful[useful.length - 1] ?? RUNGS[0];
  return {
    active: watched(demand),
    maxBitrate: useful.reduce((sum, rung) => sum + rung.maxBitrate, 0),
    maxFramerate: top.maxFramerate,
    scaleResolutionDownBy: scale(captureHeight, top),
    scalabilityMode: useful.length > 1 ? `L${useful.length}T3_KEY` : "L1T3",
  };
}
