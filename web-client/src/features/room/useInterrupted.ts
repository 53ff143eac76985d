import { type RefObject, useEffect, useState } from "react";
import { Stillness } from "../../rtc/stillness";

const LOOK_MS = 500;

/**
 * True while nothing comes of somebody's picture, though they send it. A shared screen may stand still for long: there
 * only the browser's own word counts.
 */
export function useInterrupted(
  picture: RefObject<HTMLVideoElement | null>,
  media: MediaStreamTrack,
  source: "camera" | "screen",
): boolean {
  const [still, setStill] = useState(false);
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    if (source === "camera") return;
    const hear = ({ type }: Event) => setSilent(type !== "unmute");
    const words = ["mute", "unmute", "ended"];
    for (const word of words) media.addEventListener(word, hear);
    return () => {
      for (const word of words) media.removeEventListener(word, hear);
      setSilent(false);
    };
  }, [media, source]);
  useEffect(() => {
    const element = picture.current;
    if (source === "screen" || !element || !("requestVideoFrameCallback" in element)) return;
    const stillness = new Stillness(performance.now());
    let asked: number | null = null;
    const seen = () => {
      asked = null;
      stillness.frame(performance.now());
      setStill(false);
    };
    const look = () => {
      // One frame of each half second is enough to know that they come; the first after a break is noticed at once.
      asked ??= element.requestVideoFrameCallback(seen);
      setStill(stillness.look(performance.now(), !document.hidden));
    };
    const looks = setInterval(look, LOOK_MS);
    return () => {
      clearInterval(looks);
      if (asked !== null) element.cancelVideoFrameCallback(asked);
      setStill(false);
    };
  }, [picture, source]);
  return still || silent || media.readyState === "ended";
}
