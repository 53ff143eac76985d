import { useEffect, useRef } from "react";
import { choices } from "../../rtc/devices";
import { useClassroom, useMedia } from "./context";

/** Every remote voice and sound, each in its own element. Nothing is drawn. */
export function RemoteSound() {
  const remote = useMedia((state) => state.remote);
  const sounds = Object.values(remote).filter(
    (track) => track.source === "microphone" || track.source === "screen_audio",
  );
  return (
    <div hidden>
      {sounds.map((sound) => (
        <Sound key={sound.track} participant={sound.participant} source={sound.source} media={sound.media} />
      ))}
    </div>
  );
}

function Sound({
  participant,
  source,
  media,
}: {
  participant: string;
  source: string;
  media: MediaStreamTrack;
}) {
  const classroom = useClassroom();
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const element = audio.current;
    if (!element) return;
    element.srcObject = new MediaStream([media]);
    const { speaker } = choices();
    if (speaker && "setSinkId" in element) void element.setSinkId(speaker).catch(() => undefined);
    const play = () =>
      element.play().then(
        () => classroom.setSoundBlocked(false),
        (error: unknown) => {
          if (error instanceof DOMException && error.name === "NotAllowedError")
            classroom.setSoundBlocked(true);
        },
      );
    void play();
    // A browser that wants a gesture before sound (after a reload) gets it with the next one, whatever it is.
    addEventListener("pointerup", play);
    addEventListener("keyup", play);
    return () => {
      removeEventListener("pointerup", play);
      removeEventListener("keyup", play);
      element.srcObject = null;
    };
  }, [media, classroom]);
  // biome-ignore lint/a11y/useMediaCaption: live voices; captions are a part of the room, not of the element
  return <audio ref={audio} data-participant={participant} data-source={source} autoPlay />;
}
