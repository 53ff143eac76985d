/** What to do with one media element so that it follows the clock. Pure; seconds of media time. */

/** What is seen of the element, and where it should be. */
export type Observation = {
  expected: number;
  actual: number;
  /** Length of the file, NaN until known. */
  duration: number;
  /** The clock moves. */
  running: boolean;
  /** The viewer paused: the frame shown must be the right one. */
  exact: boolean;
  /** The rate the viewer chose. */
  speed: number;
  /** The element's present rate. */
  rate: number;
  seeking: boolean;
  /** Enough data to go on. */
  ready: boolean;
};

export type Action =
  /** Nothing to play: not loaded yet, or being moved. */
  | { act: "wait" }
  | { act: "seek"; to: number }
  | { act: "play"; rate: number }
  | { act: "pause" }
  /** The file stops a little before the clock's end of it. */
  | { act: "finished" };

/** Beyond this a rate change would take seconds: jump. */
export const SEEK_ABOVE_S = 0.25;
/** Nobody sees or hears less than this. */
const TOLERATED_S = 0.035;
/** Once correcting, go on until the difference is gone. */
const SETTLED_S = 0.01;
/** Far from audible with the pitch preserved. */
const LARGEST_CORRECTION = 0.06;
/** About a frame. */
const EXACT_SEEK_ABOVE_S = 0.04;

export function decide(seen: Observation): Action {
  if (seen.seeking) return { act: "wait" };
  const target = Math.max(seen.expected, 0);
  if (Number.isFinite(seen.duration) && target >= seen.duration - TOLERATED_S) return { act: "finished" };
  const drift = seen.actual - target;
  if (Math.abs(drift) > (seen.exact ? EXACT_SEEK_ABOVE_S : SEEK_ABOVE_S * Math.max(seen.speed, 1))) {
    return { act: "seek", to: target };
  }
  if (!seen.ready) return { act: "wait" };
  if (!seen.running) return { act: "pause" };
  return { act: "play", rate: correctedRate(drift, seen.speed, seen.rate) };
}

/** Late media run a little faster, early media a little slower, in steps of one percent. */
function correctedRate(drift: number, speed: number, rate: number): number {
  const correcting = Math.abs(rate - speed) > 0.001;
  if (Math.abs(drift) <= (correcting ? SETTLED_S : TOLERATED_S)) return speed;
  const wanted = Math.min(Math.max(-drift / 2, -LARGEST_CORRECTION), LARGEST_CORRECTION);
  const step = (Math.sign(wanted) * Math.max(Math.round(Math.abs(wanted) * 100), 1)) / 100;
  return Math.round(speed * (1 + step) * 1000) / 1000;
}
