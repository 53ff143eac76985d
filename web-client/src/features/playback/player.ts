/** Plays a recording: one clock, and every media element made to follow it. No React in here. */
import { createStore, type StoreApi } from "zustand/vanilla";
import type { ParticipantId } from "../../protocol/generated/id";
import { PlayClock } from "./clock";
import { MediaElements } from "./elements";
import { isVideo, type Manifest, type Track } from "./manifest";
import { type Floor, floorOf, lastAt, type Placement, speakingAt, stageAt } from "./stage";
import type { Story } from "./story";
import { activeTracks, segmentAt, Timeline } from "./timeline";

/** Media are fetched that long before they are due, in play time. */
const AHEAD_MS = 4000;
const TICK_MS = 100;
export const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2] as const;

export interface PlayerState {
  phase: "paused" | "playing" | "ended";
  /** Media are late and the clock stands. */
  waiting: boolean;
  /** The browser wants another click before it lets sound out. */
  blocked: boolean;
  playMs: number;
  seanceMs: number;
  speed: number;
  /** 0 to 1. */
  volume: number;
  silent: boolean;
  placements: readonly Placement[];
  speaking: readonly ParticipantId[];
  /** Who has the floor, or had it last. */
  leader: ParticipantId | undefined;
  /** The machine has no loudspeaker: the replay goes on without sound. */
  soundless: boolean;
  /** Tracks that this browser cannot play. */
  failed: readonly Track[];
}

export class ReplayPlayer {
  readonly timeline: Timeline;
  readonly state: StoreApi<PlayerState>;
  readonly #clock: PlayClock;
  readonly #elements: MediaElements;
  #story: Story = { names: new Map(), messages: [], speaking: [], muted: new Map() };
  #floor: Floor[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly manifest: Manifest,
    address: (file: string) => string,
    reopen: () => Promise<void>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.timeline = new Timeline(manifest.fromMs, manifest.endMs, manifest.pauses);
    this.#clock = new PlayClock(this.timeline.playMs);
    this.#elements = new MediaElements(address, reopen, {
      blocked: () => this.#block(),
      failed: (track) => this.#fail(track),
      soundless: () => this.state.setState({ soundless: true }),
    });
    this.state = createStore<PlayerState>(() => ({
      phase: "paused",
      waiting: false,
      blocked: false,
      playMs: 0,
      seanceMs: this.timeline.toSeance(0),
      speed: 1,
      volume: 1,
      silent: false,
      placements: [],
      speaking: [],
      leader: undefined,
      soundless: false,
      failed: [],
    }));
  }

  /** Starts following; the returned function lets every element go. */
  start(): () => void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
    return () => {
      clearInterval(this.#timer);
      this.#clock.stop(this.now());
      this.#elements.clear();
    };
  }

  /** More of the event log is known. */
  setStory(story: Story): void {
    this.#story = story;
    this.#floor = floorOf(story.speaking, this.manifest.endMs);
    this.#tick();
  }

  /** The page drew, or removed, the video of this file. */
  attach(file: string, video: HTMLVideoElement | null): void {
    this.#elements.attachVideo(file, video);
    if (video) this.#tick();
  }

  /** Must be called from a click or a key: browsers let sound out only then. */
  play(): void {
    this.#elements.unlock();
    if (this.state.getState().phase === "ended") this.seek(0);
    this.#clock.run(this.now());
    this.state.setState({ phase: "playing", blocked: false });
    this.#tick();
  }

  pause(): void {
    this.#clock.stop(this.now());
    this.state.setState({ phase: "paused" });
    this.#tick();
  }

  toggle(): void {
    if (this.state.getState().phase === "playing") this.pause();
    else this.play();
  }

  seek(playMs: number): void {
    this.#clock.seek(playMs, this.now());
    this.#elements.forgive();
    if (this.state.getState().phase === "ended") this.state.setState({ phase: "paused" });
    this.#tick();
  }

  /** Forwards or backwards from here. */
  skip(ms: number): void {
    this.seek(this.#clock.position(this.now()) + ms);
  }

  setSpeed(speed: number): void {
    this.#clock.setSpeed(speed, this.now());
    this.state.setState({ speed });
    this.#tick();
  }

  setVolume(volume: number): void {
    this.state.setState({ volume: Math.min(Math.max(volume, 0), 1), silent: volume <= 0 });
    this.#elements.setLoudness(this.#loudness());
  }

  setSilent(silent: boolean): void {
    this.state.setState({ silent });
    this.#elements.setLoudness(this.#loudness());
  }

  #loudness(): number {
    const { volume, silent } = this.state.getState();
    return silent ? 0 : volume;
  }

  #tick(): void {
    const now = this.now();
    const playMs = this.#clock.position(now);
    if (this.#clock.running && playMs >= this.timeline.playMs) {
      this.#clock.stop(now);
      this.state.setState({ phase: "ended" });
    }
    const seanceMs = this.timeline.toSeance(playMs);
    const aheadMs = this.timeline.toSeance(playMs + AHEAD_MS * this.#clock.speed);
    const placements = this.#place(seanceMs, aheadMs);
    const ready = this.#elements.follow({
      audible: this.#sounds(seanceMs),
      soon: this.#sounds(aheadMs),
      placements,
      seanceMs,
      aheadMs,
      now,
      running: this.#clock.running,
      held: this.#clock.held,
      speed: this.#clock.speed,
      loudness: this.#loudness(),
    });
    this.#clock.hold(now, this.#clock.running && !ready);
    this.#publish(playMs, seanceMs, placements);
  }

  #publish(playMs: number, seanceMs: number, placements: readonly Placement[]): void {
    const before = this.state.getState();
    const speaking = speakingAt(this.#story.speaking, seanceMs);
    this.state.setState({
      playMs,
      seanceMs,
      waiting: this.#clock.held,
      leader: lastAt(this.#floor, seanceMs)?.participant,
      placements: samePlacements(before.placements, placements) ? before.placements : placements,
      speaking: before.speaking.join() === speaking.join() ? before.speaking : speaking,
    });
  }

  #place(seanceMs: number, aheadMs: number): Placement[] {
    const stage = stageAt(this.manifest.tracks, this.#story, this.#floor, seanceMs);
    const ahead = stageAt(this.manifest.tracks, this.#story, this.#floor, aheadMs);
    const placements: Placement[] = [];
    const add = (track: Track | undefined, place: Placement["place"], at: number) => {
      const file = track && segmentAt(track, at)?.file;
      if (track && file && !placements.some((placed) => placed.file === file))
        placements.push({ file, track, place });
    };
    add(stage.main, "main", seanceMs);
    for (const track of stage.strip) add(track, "strip", seanceMs);
    add(ahead.main, "ahead", aheadMs);
    // One order for good: React then never moves a video in the page, which would stop it.
    return placements.sort((a, b) => (a.file < b.file ? -1 : 1));
  }

  #sounds(seanceMs: number): Track[] {
    return activeTracks(this.manifest.tracks, this.#story.muted, seanceMs).filter(
      (track) => !isVideo(track.source),
    );
  }

  #block(): void {
    this.#clock.stop(this.now());
    this.state.setState({ phase: "paused", blocked: true });
  }

  #fail(track: Track): void {
    this.state.setState((state) => ({
      failed: state.failed.includes(track) ? state.failed : [...state.failed, track],
    }));
  }
}

function samePlacements(a: readonly Placement[], b: readonly Placement[]): boolean {
  return (
    a.length === b.length &&
    a.every((placed, index) => placed.file === b[index]?.file && placed.place === b[index]?.place)
  );
}
