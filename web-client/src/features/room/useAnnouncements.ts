import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "../../app/announcer";
import { lengthOf, timeOfDay } from "../../app/dates";
import { useRefusalWords } from "../../app/refusal";
import type { ParticipantId } from "../../protocol/generated/id";
import { leads, type RoomState, takesPart } from "../../store/room";
import { toast } from "../../ui/toast";
import { useClassroom } from "./context";
import { readChat } from "./readChat";

/** Arrivals and departures are told together, not one by one. */
const GROUP_MS = 5_000;

/** Says what happens: aloud for screen readers, and on the page when it concerns this person. */
export function useAnnouncements(): void {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const refusalWords = useRefusalWords();

  useEffect(
    () =>
      classroom.onEvent((event) => {
        switch (event.what) {
          case "refused":
            // Two restarts of the media crossed; it heals by itself.
            if (event.refusal.code === "out_of_turn") break;
            toast(refusalWords(event.refusal), "warn");
            break;
          case "muted":
            toast(t(`said.muted.${event.source}`), "warn");
            break;
          case "device":
            toast(t(`said.device.${event.source}.${event.problem}`), "warn");
            break;
          case "outage":
            toast(t("said.outage", { length: lengthOf(event.ms) }));
            break;
          case "floor":
            toast(t("said.floor"), "ok");
            break;
          case "unsent":
            toast(t("said.unsent"), "warn");
            break;
          case "unanswered":
          case "unreceived":
            toast(t(`said.${event.what}`), "warn");
            break;
        }
      }),
    [classroom, t, refusalWords],
  );

  useEffect(() => {
    let arrived = new Set<ParticipantId>();
    let gone = new Set<ParticipantId>();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const flush = () => {
      timer = null;
      if (arrived.size > 0) announce(t("said.arrived", { count: arrived.size }));
      if (gone.size > 0) announce(t("said.gone", { count: gone.size }));
      arrived = new Set();
      gone = new Set();
    };

    const onState = (now: RoomState, before: RoomState) => {
      if (!before.you || !now.you) return;
      if (now.recording.state !== before.recording.state)
        announce(t(`said.recording.${now.recording.state}`), "assertive");
      if (now.seance && before.seance && now.seance.endsAt !== before.seance.endsAt) {
        toast(t("said.extended", { time: timeOfDay(now.seance.endsAt, now.seance.timeZone) }));
      }
      if (now.hands !== before.hands) sayHands(now, before, t);
      const last = now.chat.messages.at(-1);
      if (
        readChat.getState().on &&
        last &&
        last !== before.chat.messages.at(-1) &&
        last.participant !== now.you.participant
      ) {
        announce(t("said.message", { name: last.name, text: last.text }));
      }
      if (now.people.length === before.people.length) return;
      for (const person of now.people) {
        if (takesPart(person.role) && !before.people.some((known) => known.id === person.id))
          arrived.add(person.id);
      }
      for (const person of before.people) {
        if (takesPart(person.role) && !now.people.some((known) => known.id === person.id))
          gone.add(person.id);
      }
      timer ??= setTimeout(flush, GROUP_MS);
    };
    const stop = classroom.room.subscribe(onState);
    return () => {
      stop();
      if (timer) clearTimeout(timer);
    };
  }, [classroom, t]);
}

/** Trainers hear whose hand went up; the person hears their place in the queue. */
function sayHands(
  now: RoomState,
  before: RoomState,
  t: ReturnType<typeof useTranslation<"room">>["t"],
): void {
  const own = now.you?.participant;
  for (const id of now.hands) {
    if (before.hands.includes(id)) continue;
    const name = now.people.find((person) => person.id === id)?.name ?? "";
    if (id === own) announce(t("said.ownHand", { place: now.hands.indexOf(id) + 1 }));
    else if (leads(now.you?.role)) announce(t("said.hand", { name }));
  }
  if (own && before.hands.includes(own) && !now.hands.includes(own)) announce(t("said.handLowered"));
}
