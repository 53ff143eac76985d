// What the page knows of the room: notices in, state out. Pure, so that the same notices give the same screen.
import { createStore } from "zustand/vanilla";
import type { ParticipantId, RecordingId } from "../protocol/generated/id";
import type {
  Ending,
  Notice,
  Permission,
  Person,
  QualityLevel,
  RecordingState,
  Role,
  SeanceView,
  Source,
  You,
} from "../protocol/generated/protocol";
import type { Link, Stop } from "../protocol/socket";
import * as chat from "./chat";

/** How well the own connection carries media. */
export interface Quality {
  level: QualityLevel;
  lossPercent: number;
  roundTripMs: number;
}

export interface RoomState {
  link: Link;
  /** Local time when the connection was lost, milliseconds; null while it holds. */
  lostAt: number | null;
  /** Set when nothing follows. */
  stop: Stop | null;
  you: You | null;
  seance: SeanceView | null;
  /** In front of the door, until a trainer comes. */
  waiting: boolean;
  /** Server time minus local time, milliseconds. */
  clockSkew: number;
  /** In order of arrival. */
  people: Person[];
  /** Raised hands, first raised first. */
  hands: ParticipantId[];
  /** Loudest first. */
  speaking: ParticipantId[];
  /** The last other person who spoke: the one a speaker layout shows. */
  lastSpeaker: ParticipantId | null;
  chat: chat.Chat;
  recording: RecordingState;
  ending: Ending | null;
  readyRecording: RecordingId | null;
  storageFailing: boolean;
  /** Milliseconds the server was away before the last `welcome`. */
  outageMs: number | null;
  /** Null until the server has measured. */
  quality: Quality | null;
  /** Those whose connection is weak; told to those who lead. */
  weak: ParticipantId[];
}

export const emptyRoom: RoomState = {
  link: "closed",
  lostAt: null,
  stop: null,
  you: null,
  seance: null,
  waiting: false,
  clockSkew: 0,
  people: [],
  hands: [],
  speaking: [],
  lastSpeaker: null,
  chat: chat.emptyChat,
  recording: { state: "off" },
  ending: null,
  readyRecording: null,
  storageFailing: false,
  outageMs: null,
  quality: null,
  weak: [],
};

/** The state after a notice; `now` is the local time in milliseconds. Unknown notices change nothing. */
export function apply(state: RoomState, notice: Notice, now: number): RoomState {
  switch (notice.type) {
    case "welcome":
      return {
        ...state,
        you: notice.you,
        waiting: false,
        seance: notice.seance,
        clockSkew: Date.parse(notice.now) - now,
        people: notice.people,
        hands: notice.hands,
        speaking: [],
        lastSpeaker: notice.people.some((person) => person.id === state.lastSpeaker)
          ? state.lastSpeaker
          : null,
        chat: chat.welcomed(state.chat, notice.chat),
        recording: notice.recording,
        storageFailing: false,
        outageMs: notice.outageMs,
        quality: null,
        weak: [],
      };
    case "waiting":
      return {
        ...state,
        waiting: true,
        seance: notice.seance,
        clockSkew: Date.parse(notice.now) - now,
      };
    case "resumed":
      return {
        ...state,
        you: state.you && { ...state.you, connection: notice.connection },
        clockSkew: Date.parse(notice.now) - now,
      };
    case "person":
      return { ...state, people: withPerson(state.people, notice.person) };
    case "person_gone":
      return withoutPerson(state, notice.participant);
    case "hands":
      return { ...state, hands: notice.order };
    case "speaking":
      return {
        ...state,
        speaking: notice.participants,
        lastSpeaker: notice.participants.find((id) => id !== state.you?.participant) ?? state.lastSpeaker,
      };
    case "permissions":
      return {
        ...state,
        you: state.you && {
          ...state.you,
          role: notice.role,
          permissions: notice.permissions,
          publishable: notice.publishable,
        },
      };
    case "chat_posted":
      return {
        ...state,
        chat: chat.posted(state.chat, notice.message, notice.message.participant === state.you?.participant),
      };
    case "chat_deleted":
      return { ...state, chat: chat.deleted(state.chat, notice.message) };
    case "chat_page":
      return { ...state, chat: chat.earlier(state.chat, notice) };
    case "recording":
      return { ...state, recording: notice.recording };
    case "seance":
      return { ...state, seance: notice.seance };
    case "ended":
      return { ...state, ending: { at: notice.at, why: notice.why, recorded: notice.recorded } };
    case "recording_ready":
      return { ...state, readyRecording: notice.recording };
    case "storage":
      return { ...state, storageFailing: notice.failing };
    case "quality": {
      const { level, lossPercent, roundTripMs } = notice;
      return { ...state, quality: { level, lossPercent, roundTripMs } };
    }
    case "weak": {
      const others = state.weak.filter((id) => id !== notice.participant);
      return { ...state, weak: notice.weak ? [...others, notice.participant] : others };
    }
    case "refused":
      return notice.clientId
        ? { ...state, chat: chat.refused(state.chat, notice.clientId, notice.reason) }
        : {
            ...state,
            chat: notice.request === "chat_earlier" ? { ...state.chat, loadingEarlier: false } : state.chat,
          };
    default:
      return state;
  }
}

/** The state after the connection turned. */
export function linked(state: RoomState, link: Link, now: number): RoomState {
  return { ...state, link, lostAt: link === "lost" ? (state.lostAt ?? now) : null };
}

function withPerson(people: Person[], person: Person): Person[] {
  const place = people.findIndex((known) => known.id === person.id);
  return place < 0 ? [...people, person] : people.with(place, person);
}

function withoutPerson(state: RoomState, gone: ParticipantId): RoomState {
  const stays = (id: ParticipantId) => id !== gone;
  return {
    ...state,
    people: state.people.filter((person) => person.id !== gone),
    hands: state.hands.filter(stays),
    speaking: state.speaking.filter(stays),
    weak: state.weak.filter(stays),
    lastSpeaker: state.lastSpeaker === gone ? null : state.lastSpeaker,
  };
}

export const may = (state: RoomState, permission: Permission) =>
  state.you?.permissions.includes(permission) ?? false;
export const mayPublish = (state: RoomState, source: Source) =>
  state.you?.publishable.includes(source) ?? false;
export const ownPerson = (state: RoomState) =>
  state.people.find((person) => person.id === state.you?.participant);
export const leads = (role: Role | undefined) => role === "trainer" || role === "co_trainer";
/** Those who are seen and counted; observers and organisers only watch. */
export const takesPart = (role: Role) => role !== "observer" && role !== "organiser";
export const trackOf = (person: Person | undefined, source: Source) =>
  person?.tracks.find((track) => track.source === source);

export const createRoom = () => createStore<RoomState>(() => emptyRoom);
