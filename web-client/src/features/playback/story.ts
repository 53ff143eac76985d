/** The event log, read into what the player asks of it: messages, who spoke, what was silenced. */
import type { MessageId, ParticipantId, TrackId } from "../../protocol/generated/id";
import type { Role } from "../../protocol/generated/protocol";
import type { Span } from "./manifest";

/** One line of an event file; `t` in milliseconds of the séance clock. */
export type LogLine = { seq: number; t: number; kind: string; data: Record<string, unknown> };

/** A message of the chat, at its place on the séance clock. */
export type ReplayMessage = {
  id: MessageId;
  t: number;
  participant: ParticipantId;
  name: string;
  role: Role;
  text: string;
};

/** Who speaks from `t` until the next entry. */
export type Speaking = { t: number; participants: ParticipantId[] };

export type Story = {
  names: ReadonlyMap<ParticipantId, string>;
  messages: readonly ReplayMessage[];
  speaking: readonly Speaking[];
  /** When each track was silenced. */
  muted: ReadonlyMap<TrackId, readonly Span[]>;
};

/** A torn or foreign line is left out: a log cut by a crash must still play. */
export function readLog(ndjson: string): LogLine[] {
  return ndjson.split("\n").flatMap((line) => {
    const parsed = parse(line);
    return parsed ? [parsed] : [];
  });
}

/** Needs every line from the start up to some instant; says nothing of what follows. */
export function tell(lines: readonly LogLine[], endMs: number): Story {
  const ordered = [...lines].sort((a, b) => a.t - b.t || a.seq - b.seq);
  const names = new Map<ParticipantId, string>();
  const roles = new Map<ParticipantId, Role>();
  const messages = new Map<MessageId, ReplayMessage>();
  const speaking: Speaking[] = [];
  const mutedSince = new Map<TrackId, number>();
  const muted = new Map<TrackId, Span[]>();
  for (const line of ordered) {
    switch (line.kind) {
      case "join":
        names.set(string(line.data.participant), string(line.data.name));
        roles.set(string(line.data.participant), string(line.data.role) as Role);
        break;
      case "chat":
        messages.set(string(line.data.id), message(line, names, roles));
        break;
      case "chat.delete":
        messages.delete(string(line.data.id));
        break;
      case "speaking":
        speaking.push({ t: line.t, participants: strings(line.data.participants) });
        break;
      case "mute":
        silence(string(line.data.track), line.data.muted === true, line.t, mutedSince, muted);
        break;
      case "rec.resume":
        // Nothing was noted during the pause: somebody silenced before it may speak again after it.
        for (const track of [...mutedSince.keys()]) silence(track, false, line.t, mutedSince, muted);
        break;
      default:
        break;
    }
  }
  for (const [track, since] of mutedSince) push(muted, track, { from: since, to: endMs });
  return { names, messages: [...messages.values()], speaking, muted };
}

function silence(
  track: TrackId,
  on: boolean,
  at: number,
  mutedSince: Map<TrackId, number>,
  muted: Map<TrackId, Span[]>,
): void {
  const since = mutedSince.get(track);
  if (on && since === undefined) mutedSince.set(track, at);
  if (!on && since !== undefined) {
    push(muted, track, { from: since, to: at });
    mutedSince.delete(track);
  }
}

function push(muted: Map<TrackId, Span[]>, track: TrackId, span: Span): void {
  muted.set(track, [...(muted.get(track) ?? []), span]);
}

/** Who wrote it is said by the message, else by the last arrival of its author. */
function message(
  line: LogLine,
  names: Map<ParticipantId, string>,
  roles: Map<ParticipantId, Role>,
): ReplayMessage {
  const participant = string(line.data.participant);
  return {
    id: string(line.data.id),
    t: line.t,
    participant,
    name: string(line.data.name) || (names.get(participant) ?? ""),
    role: (string(line.data.role) || (roles.get(participant) ?? "participant")) as Role,
    text: string(line.data.text),
  };
}

function parse(line: string): LogLine | undefined {
  if (line.trim() === "") return undefined;
  try {
    const json: unknown = JSON.parse(line);
    if (typeof json !== "object" || json === null) return undefined;
    const { seq, t, k, d } = json as Record<string, unknown>;
    if (typeof seq !== "number" || typeof t !== "number" || typeof k !== "string") return undefined;
    const data = typeof d === "object" && d !== null ? (d as Record<string, unknown>) : {};
    return { seq, t: t / 1000, kind: k, data };
  } catch {
    return undefined;
  }
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
