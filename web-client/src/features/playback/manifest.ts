/** What a recording's `manifest.json` says (format: recorder/FORMAT.md), checked once, in milliseconds of the séance clock. */
import type { ParticipantId, RecordingId, TrackId } from "../../protocol/generated/id";
import type { Source } from "../../protocol/generated/protocol";

/** From `from` included to `to` excluded, milliseconds. */
export type Span = { from: number; to: number };

/** One file: media time 0 lies at `from`. In a gap there is no frame; the last picture stands. */
export type Segment = Span & { file: string; gaps: Span[] };

export type Track = {
  id: TrackId;
  participant: ParticipantId;
  name: string;
  source: Source;
  segments: Segment[];
};

export type Manifest = {
  recording: RecordingId;
  title: string;
  /** Wall time of the clock's zero. */
  startedAt: Date;
  /** The recording covers `fromMs` to `endMs` of the séance clock. */
  fromMs: number;
  endMs: number;
  /** False while the recorder still writes. */
  ready: boolean;
  interrupted: boolean;
  tracks: Track[];
  eventFiles: { file: string; from: number }[];
  pauses: Span[];
};

/** The manifest is not one this page can read. */
export class ManifestError extends Error {}

const READABLE_VERSION = 1;

export function isVideo(source: Source): boolean {
  return source === "camera" || source === "screen";
}

export function contains(span: Span, at: number): boolean {
  return span.from <= at && at < span.to;
}

export function readManifest(json: unknown): Manifest {
  const root = record(json, "manifest");
  if (root.v !== READABLE_VERSION) throw new ManifestError(`version ${String(root.v)}`);
  const startedAt = new Date(text(root.started, "started"));
  if (Number.isNaN(startedAt.getTime())) throw new ManifestError("started");
  return {
    recording: text(root.recording, "recording"),
    title: text(root.title, "title"),
    startedAt,
    fromMs: milliseconds(root.from_us, "from_us"),
    endMs: milliseconds(root.duration_us, "duration_us"),
    ready: root.state !== "live",
    interrupted: root.interrupted === true,
    tracks: list(root.tracks, "tracks").map(readTrack),
    eventFiles: list(root.events, "events").map((entry) => {
      const file = record(entry, "events");
      return { file: path(file.file), from: milliseconds(file.t_us, "t_us") };
    }),
    pauses: list(root.pauses, "pauses").map(readSpan),
  };
}

function readTrack(json: unknown): Track {
  const track = record(json, "track");
  return {
    id: text(track.id, "id"),
    participant: text(track.participant, "participant"),
    name: text(track.name, "name"),
    source: source(track.source),
    segments: list(track.segments, "segments").map(readSegment),
  };
}

function readSegment(json: unknown): Segment {
  const segment = record(json, "segment");
  const from = milliseconds(segment.t_us, "t_us");
  return {
    file: path(segment.file),
    from,
    to: from + milliseconds(segment.dur_us, "dur_us"),
    gaps: list(segment.gaps, "gaps").map(readSpan),
  };
}

function readSpan(json: unknown): Span {
  const pair = list(json, "span");
  return { from: milliseconds(pair[0], "span"), to: milliseconds(pair[1], "span") };
}

function source(json: unknown): Source {
  if (json === "microphone" || json === "camera" || json === "screen" || json === "screen_audio") return json;
  throw new ManifestError(`source ${String(json)}`);
}

/** A file of the recording's own folder, never an address elsewhere. */
function path(json: unknown): string {
  const file = text(json, "file");
  if (!/^(media|events)\/[\w.-]+$/.test(file)) throw new ManifestError(`file ${file}`);
  return file;
}

function record(json: unknown, what: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new ManifestError(what);
  return json as Record<string, unknown>;
}

function list(json: unknown, what: string): unknown[] {
  if (!Array.isArray(json)) throw new ManifestError(what);
  return json;
}

function text(json: unknown, what: string): string {
  if (typeof json !== "string") throw new ManifestError(what);
  return json;
}

function milliseconds(json: unknown, what: string): number {
  if (typeof json !== "number" || !Number.isFinite(json) || json < 0) throw new ManifestError(what);
  return json / 1000;
}
