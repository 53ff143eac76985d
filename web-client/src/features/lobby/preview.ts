// The devices tried in the lobby. They are handed over to the room, or stopped.
import { createStore } from "zustand/vanilla";
import { openCamera, openMicrophone } from "../../rtc/devices";
import type { DeviceProblem } from "../../store/media";

export interface Preview {
  state: "off" | "asking" | "on";
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
  microphoneProblem: DeviceProblem | null;
  cameraProblem: DeviceProblem | null;
}

const off: Preview = {
  state: "off",
  microphone: null,
  camera: null,
  microphoneProblem: null,
  cameraProblem: null,
};

export const preview = createStore<Preview>(() => off);

/** Asks for both; a machine with only one of them keeps that one. */
export async function startPreview(withCamera: boolean): Promise<void> {
  preview.setState({ state: "asking" });
  const microphone = await openMicrophone();
  const camera = withCamera ? await openCamera() : null;
  preview.setState({
    state: "on",
    microphone: microphone.media,
    microphoneProblem: microphone.problem,
    camera: camera?.media ?? null,
    cameraProblem: camera?.problem ?? null,
  });
}

export async function togglePreview(device: "microphone" | "camera"): Promise<void> {
  const running = preview.getState()[device];
  if (running) {
    running.stop();
    preview.setState({ [device]: null });
    return;
  }
  await reopenPreview(device);
}

/** Another device was chosen. */
export async function reopenPreview(device: "microphone" | "camera"): Promise<void> {
  preview.getState()[device]?.stop();
  const { media, problem } = await (device === "microphone" ? openMicrophone() : openCamera());
  preview.setState({ [device]: media, [`${device}Problem`]: problem });
}

/** Gives the running devices away and forgets them. */
export function handOver(): { microphone: MediaStreamTrack | null; camera: MediaStreamTrack | null } {
  const { microphone, camera } = preview.getState();
  preview.setState(off);
  return { microphone, camera };
}

export function stopPreview(): void {
  const { microphone, camera } = handOver();
  microphone?.stop();
  camera?.stop();
}
