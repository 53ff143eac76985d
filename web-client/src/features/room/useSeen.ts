import { type RefObject, useEffect } from "react";
import type { TrackId } from "../../protocol/generated/id";
import { useClassroom } from "./context";

/** Not in every browser, hence not in every type library. */
type FloatingEvent = Event & { pictureInPictureWindow?: EventTarget & { width: number; height: number } };

/**
 * Reports how large a remote picture, or the place for one, is on the screen, and when it is out of sight; `track` is
 * null for one's own.
 */
export function useSeen(picture: RefObject<HTMLElement | null>, track: TrackId | null): void {
  const { view } = useClassroom();
  useEffect(() => {
    const element = picture.current;
    if (!element || !track) return;
    let inSight = false;
    let floating: { width: number; height: number } | null = null;
    const report = () => {
      const { width, height } = floating ?? { width: element.clientWidth, height: element.clientHeight };
      view.report(track, { width, height, inSight, floating: floating !== null });
    };
    const sight = new IntersectionObserver((entries) => {
      inSight = entries.at(-1)?.isIntersecting ?? false;
      report();
    });
    const size = new ResizeObserver(report);
    const floats = (event: FloatingEvent) => {
      floating = event.pictureInPictureWindow ?? null;
      event.pictureInPictureWindow?.addEventListener("resize", report);
      report();
    };
    const lands = () => {
      floating = null;
      report();
    };
    sight.observe(element);
    size.observe(element);
    element.addEventListener("enterpictureinpicture", floats);
    element.addEventListener("leavepictureinpicture", lands);
    return () => {
      sight.disconnect();
      size.disconnect();
      element.removeEventListener("enterpictureinpicture", floats);
      element.removeEventListener("leavepictureinpicture", lands);
      view.report(track, null);
    };
  }, [picture, track, view]);
}
