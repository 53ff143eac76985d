// What is captured here and what arrives from others. Written by rtc/, read by the screens.
import { createStore } from "zustand/vanilla";
import type { ParticipantId, TrackId } from "../protocol/generated/id";
import type { Source } from "../protocol/generated/protocol";

/** Why a device does not work, in the words of the screens. */
export type DeviceProblem = "denied" | "missing" | "taken" | "failed";

export interface OwnSource {
  /** What the person wants, and sees at once. */
  on: boolean;
  /** Between the click and the device. */
  busy: boolean;
  problem: DeviceProblem | null;
  media: MediaStreamTrack | null;
  mutedByTrainer: boolean;
}

export const silentSource: OwnSource = {
  on: false,
  busy: false,
  problem: null,
  media: null,
  mutedByTrainer: false,
};

export interface RemoteTrack {
  track: TrackId;
  participant: ParticipantId;
  source: Source;
  media: MediaStreamTrack;
}

export type Transport = "idle" | "connecting" | "connected" | "failed";

/** Sound by the page's own socket: not needed, in use, or needed where the browser cannot. */
export type BySocket = "off" | "on" | "unsupported";

export interface MediaState {
  own: Record<Source, OwnSource>;
  remote: Record<TrackId, RemoteTrack>;
  publish: Transport;
  subscribe: Transport;
  bySocket: BySocket;
  /** The browser wants a click before it plays sound. */
  soundBlocked: boolean;
}

export const emptyMedia: MediaState = {
  own: { microphone: silentSource, camera: silentSource, screen: silentSource, screen_audio: silentSource },
  remote: {},
  publish: "idle",
  subscribe: "idle",
  bySocket: "off",
  soundBlocked: false,
};

export const createMedia = () => createStore<MediaState>(() => emptyMedia);
