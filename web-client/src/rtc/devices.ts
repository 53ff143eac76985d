// Microphones, cameras and screens of this machine. Nothing is asked before somebody clicks.
import type { DeviceProblem } from "../store/media";
import type { PictureCodec } from "./encodings";

export interface Choices {
  microphone: string | null;
  camera: string | null;
  speaker: string | null;
  /** Echo, noise and level are corrected by the browser; off for music or for measuring. */
  cleanSound: boolean;
  /** What the own pictures are compressed with, from the next entry on. */
  codec: PictureCodec;
}

const KEY = "preau:devices";
const DEFAULTS: Choices = {
  microphone: null,
  camera: null,
  speaker: null,
  cleanSound: true,
  codec: "vp8",
};

/** The devices chosen last time on this machine. */
export function choices(): Choices {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Choices>) };
  } catch {
    return DEFAULTS;
  }
}

export function choose(changes: Partial<Choices>): Choices {
  const chosen = { ...choices(), ...changes };
  try {
    localStorage.setItem(KEY, JSON.stringify(chosen));
  } catch {
    // Without storage the choice lasts as long as the stream.
  }
  return chosen;
}

export type Capture = { media: MediaStreamTrack; problem: null } | { media: null; problem: DeviceProblem };

export async function openMicrophone(): Promise<Capture> {
  const { microphone, cleanSound } = choices();
  return capture({
    audio: {
      ...(microphone ? { deviceId: { ideal: microphone } } : {}),
      echoCancellation: cleanSound,
      noiseSuppression: cleanSound,
      autoGainControl: cleanSound,
      channelCount: { ideal: 1 },
    },
  });
}

export async function openCamera(): Promise<Capture> {
  const { camera } = choices();
  const captured = await capture({
    video: {
      ...(camera ? { deviceId: { ideal: camera } } : {}),
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30, max: 30 },
    },
  });
  if (captured.media) captured.media.contentHint = "motion";
  return captured;
}

export interface ScreenCapture {
  screen: MediaStreamTrack | null;
  sound: MediaStreamTrack | null;
  /** Null also when the person closed the browser's picker: that is no problem. */
  problem: DeviceProblem | null;
}

/** The browser shows its own picker. Sound comes along when the person ticks it there. */
export async function openScreen(): Promise<ScreenCapture> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: { ideal: 15, max: 15 }, width: { max: 1920 }, height: { max: 1080 } },
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    const [screen] = stream.getVideoTracks();
    const [sound] = stream.getAudioTracks();
    if (screen) screen.contentHint = "detail";
    return { screen: screen ?? null, sound: sound ?? null, problem: null };
  } catch (error) {
    const problem = problemOf(error);
    return { screen: null, sound: null, problem: problem === "denied" ? null : problem };
  }
}

/** Screens cannot be shared from most phones. */
export const canShareScreen = () =>
  typeof navigator !== "undefined" && typeof navigator.mediaDevices?.getDisplayMedia === "function";

async function capture(constraints: MediaStreamConstraints): Promise<Capture> {
  if (!navigator.mediaDevices) return { media: null, problem: "missing" };
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    const [media] = stream.getTracks();
    return media ? { media, problem: null } : { media: null, problem: "missing" };
  } catch (error) {
    return { media: null, problem: problemOf(error) };
  }
}

export function problemOf(error: unknown): DeviceProblem {
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "taken";
    default:
      return "failed";
  }
}

export interface DeviceList {
  microphones: MediaDeviceInfo[];
  cameras: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

/** Names are only known after the permission. */
export async function listDevices(): Promise<DeviceList> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  const of = (kind: MediaDeviceKind) =>
    all.filter((device) => device.kind === kind && device.deviceId !== "");
  return { microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") };
}

export function onDevicesChanged(act: () => void): () => void {
  navigator.mediaDevices?.addEventListener("devicechange", act);
  return () => navigator.mediaDevices?.removeEventListener("devicechange", act);
}
