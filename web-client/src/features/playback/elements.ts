/** The media elements of the replay: made when due, moved by the synchroniser's decisions, reused. */
import type { Segment, Track } from "./manifest";
import type { Placement } from "./stage";
import { decide } from "./synchroniser";
import { segmentAt } from "./timeline";

/** After that long the clock goes on without the late element, until the next seek. */
const PATIENCE_MS = 8000;
/** Some browsers load nothing until told to play. */
const NUDGE_AFTER_MS = 1000;
/** Fetching a file is tried again that often: the permission may have expired, the network been away. */
const RETRIES = 3;
/** What Firefox says of every sound when the machine has nowhere to play it. */
const NO_LOUDSPEAKER = /MediaSinkAudioError/;
/** Sound elements unlocked by the first click, so that later voices need none. */
const UNLOCKED_SOUNDS = 8;

export interface Followed {
  audible: readonly Track[];
  soon: readonly Track[];
  placements: readonly Placement[];
  seanceMs: number;
  /** Where the clock will be when `soon` is due. */
  aheadMs: number;
  now: number;
  running: boolean;
  held: boolean;
  speed: number;
  loudness: number;
}

interface Player {
  element: HTMLMediaElement;
  track: Track;
  segment: Segment;
  lateSince: number | undefined;
  givenUp: boolean;
  retries: number;
}

export class MediaElements {
  readonly #players = new Map<string, Player>();
  readonly #videos = new Map<string, HTMLVideoElement>();
  readonly #spare: HTMLAudioElement[] = [];
  #unlocked = false;

  constructor(
    private readonly address: (file: string) => string,
    private readonly reopen: () => Promise<void>,
    private readonly tell: { blocked: () => void; failed: (track: Track) => void; soundless: () => void },
  ) {}

  attachVideo(file: string, video: HTMLVideoElement | null): void {
    if (video) this.#videos.set(file, video);
    else {
      this.#videos.delete(file);
      this.#players.delete(file);
    }
  }

  /** In a click: elements that were once loaded by a gesture may play later without one. */
  unlock(): void {
    if (this.#unlocked) return;
    this.#unlocked = true;
    while (this.#spare.length < UNLOCKED_SOUNDS) this.#spare.push(newSound());
    for (const sound of this.#spare) sound.load();
  }

  setLoudness(loudness: number): void {
    for (const { element } of this.#players.values())
      if (element instanceof HTMLAudioElement) loud(element, loudness);
  }

  /** A seek gives every late element another chance, not the broken ones. */
  forgive(): void {
    for (const player of this.#players.values()) {
      if (player.element.error) continue;
      player.givenUp = false;
      player.lateSince = undefined;
    }
  }

  clear(): void {
    for (const { element } of this.#players.values()) element.pause();
    for (const [file, player] of [...this.#players])
      if (player.element instanceof HTMLAudioElement) this.#release(file, player);
    this.#players.clear();
    for (const sound of this.#spare.splice(0)) sound.remove();
  }

  /** Moves every element; false when the clock must wait for one of them. */
  follow(to: Followed): boolean {
    this.#castSounds(to);
    this.#castVideos(to);
    const audible = new Set(to.audible.map((track) => segmentAt(track, to.seanceMs)?.file));
    const place = new Map(to.placements.map((placed) => [placed.file, placed.place]));
    let ready = true;
    for (const [file, player] of this.#players) {
      const sound = player.element instanceof HTMLAudioElement;
      const due = sound
        ? audible.has(file)
        : player.segment.from <= to.seanceMs && to.seanceMs < player.segment.to;
      const late = this.#move(player, to, due);
      // Small pictures, and pictures nobody looks at, are not worth stopping the sound.
      const essential = sound || (place.get(file) === "main" && !document.hidden);
      if (late && due && essential && !this.#isPast(player, to.now)) ready = false;
    }
    return ready;
  }

  #move(player: Player, to: Followed, due: boolean): boolean {
    const { element, segment } = player;
    const action = decide({
      expected: (to.seanceMs - segment.from) / 1000,
      actual: element.currentTime,
      duration: element.duration,
      running: to.running && due && !to.held,
      exact: !to.running,
      speed: to.speed,
      rate: element.playbackRate,
      seeking: element.seeking,
      ready: element.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA,
    });
    switch (action.act) {
      case "wait":
        player.lateSince ??= to.now;
        if (to.running && due && !element.seeking && to.now - player.lateSince > NUDGE_AFTER_MS)
          this.#start(element);
        return true;
      case "seek":
        player.lateSince ??= to.now;
        if (element.readyState > HTMLMediaElement.HAVE_NOTHING) element.currentTime = action.to;
        if (!to.running || !due) element.pause();
        return true;
      case "play":
        player.lateSince = undefined;
        if (element.playbackRate !== action.rate) element.playbackRate = action.rate;
        if (element.paused) this.#start(element);
        return false;
      case "pause":
        player.lateSince = undefined;
        if (!element.paused) element.pause();
        return false;
      case "finished":
        player.lateSince = undefined;
        return false;
    }
  }

  #isPast(player: Player, now: number): boolean {
    if (player.lateSince !== undefined && now - player.lateSince > PATIENCE_MS) player.givenUp = true;
    return player.givenUp;
  }

  #start(element: HTMLMediaElement): void {
    element.play().catch((error: unknown) => {
      // Any other refusal is the element being paused or changed meanwhile: the next turn decides anew.
      if (error instanceof DOMException && error.name === "NotAllowedError") this.tell.blocked();
    });
  }

  #castSounds(to: Followed): void {
    const wanted = new Map<string, { track: Track; segment: Segment }>();
    const want = (track: Track, at: number) => {
      const segment = segmentAt(track, at);
      if (segment) wanted.set(segment.file, { track, segment });
    };
    for (const track of to.audible) want(track, to.seanceMs);
    for (const track of to.soon) want(track, to.aheadMs);
    for (const [file, player] of [...this.#players]) {
      if (player.element instanceof HTMLAudioElement && !wanted.has(file)) this.#release(file, player);
    }
    for (const [file, cast] of wanted) {
      if (this.#players.has(file)) continue;
      const sound = this.#spare.pop() ?? newSound();
      loud(sound, to.loudness);
      sound.src = this.address(file);
      this.#enrol(file, sound, cast.track, cast.segment);
    }
  }

  #castVideos(to: Followed): void {
    for (const { file, track } of to.placements) {
      const video = this.#videos.get(file);
      const segment = track.segments.find((candidate) => candidate.file === file);
      if (video && segment && this.#players.get(file)?.element !== video)
        this.#enrol(file, video, track, segment);
    }
  }

  #enrol(file: string, element: HTMLMediaElement, track: Track, segment: Segment): void {
    const player: Player = { element, track, segment, lateSince: undefined, givenUp: false, retries: 0 };
    this.#players.set(file, player);
    element.preservesPitch = true;
    element.onerror = () => this.#mend(file, player);
  }

  #release(file: string, player: Player): void {
    player.element.onerror = null;
    player.element.pause();
    player.element.removeAttribute("src");
    player.element.load();
    this.#players.delete(file);
    if (player.element instanceof HTMLAudioElement) this.#spare.push(player.element);
  }

  #mend(file: string, player: Player): void {
    if (this.#players.get(file) !== player) return;
    if (NO_LOUDSPEAKER.test(player.element.error?.message ?? "")) {
      player.givenUp = true;
      this.tell.soundless();
      return;
    }
    player.retries += 1;
    if (player.retries > RETRIES) {
      player.givenUp = true;
      this.tell.failed(player.track);
      return;
    }
    void this.reopen()
      .catch(() => undefined)
      .then(() => {
        if (this.#players.get(file) === player) player.element.load();
      });
  }
}

function newSound(): HTMLAudioElement {
  const sound = document.createElement("audio");
  sound.preload = "auto";
  return sound;
}

/** A volume alone is ignored by some phones. */
function loud(sound: HTMLAudioElement, loudness: number): void {
  sound.volume = loudness;
  sound.muted = loudness === 0;
}
