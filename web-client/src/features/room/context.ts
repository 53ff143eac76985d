import { createContext, useContext, useEffect, useState } from "react";
import { useStore } from "zustand";
import type { ParticipantId } from "../../protocol/generated/id";
import type { MediaState } from "../../store/media";
import type { RoomState } from "../../store/room";
import type { Classroom } from "./classroom";

export const ClassroomContext = createContext<Classroom | null>(null);

export function useClassroom(): Classroom {
  const classroom = useContext(ClassroomContext);
  if (!classroom) throw new Error("outside of a room");
  return classroom;
}

/** A part of the room's state; the component draws again only when that part changes. */
export const useRoom = <Part>(select: (state: RoomState) => Part): Part =>
  useStore(useClassroom().room, select);
export const useMedia = <Part>(select: (state: MediaState) => Part): Part =>
  useStore(useClassroom().media, select);

/** Whom this person chose to see large. */
export const usePinned = (): ParticipantId | null =>
  useStore(useClassroom().pinned, (state) => state.participant);

/** The local time, refreshed now and then. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** True once the condition has held for that long. */
export function useLasting(condition: boolean, ms: number): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!condition) {
      setLasting(false);
      return;
    }
    const timer = setTimeout(() => setLasting(true), ms);
    return () => clearTimeout(timer);
  }, [condition, ms]);
  return lasting;
}

const NARROW = "(max-width: 46em)";

/** True on a phone: fewer buttons, panels as sheets. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const look = () => setNarrow(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return narrow;
}
