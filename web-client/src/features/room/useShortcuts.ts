import { useEffect, useRef } from "react";
import { type ShortcutId, shortcutOf } from "../../app/shortcuts";
import { may, mayPublish, ownPerson } from "../../store/room";
import type { Classroom } from "./classroom";
import { useClassroom } from "./context";
import type { PanelTab } from "./Panel";

interface Screen {
  toggle: (tab: PanelTab) => void;
  switchLayout: () => void;
  openHelp: () => void;
}

/** Keys of the room. Nothing acts while somebody types, nor while a dialog is open. */
export function useShortcuts(screen: Screen): void {
  const classroom = useClassroom();
  const latest = useRef(screen);
  latest.current = screen;

  useEffect(() => {
    const talk = pushToTalk(classroom);
    const onDown = (event: KeyboardEvent) => {
      const id = shortcutOf(event);
      if (!id || event.defaultPrevented || document.querySelector('[role="dialog"], [role="alertdialog"]'))
        return;
      event.preventDefault();
      if (event.repeat) return;
      if (id === "talk") talk.press();
      else act(id, classroom, latest.current);
    };
    const onUp = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "v") talk.release();
    };
    addEventListener("keydown", onDown);
    addEventListener("keyup", onUp);
    addEventListener("blur", talk.release);
    return () => {
      removeEventListener("keydown", onDown);
      removeEventListener("keyup", onUp);
      removeEventListener("blur", talk.release);
    };
  }, [classroom]);
}

/** Held down, the microphone is open. */
function pushToTalk(classroom: Classroom) {
  let holding = false;
  const on = () => classroom.media.getState().own.microphone.on;
  return {
    press: () => {
      if (holding || on() || !mayPublish(classroom.room.getState(), "microphone")) return;
      holding = true;
      void classroom.sources.toggleMicrophone().then(() => {
        if (!holding && on()) void classroom.sources.toggleMicrophone();
      });
    },
    release: () => {
      if (!holding) return;
      holding = false;
      if (on()) void classroom.sources.toggleMicrophone();
    },
  };
}

function act(id: ShortcutId, classroom: Classroom, screen: Screen): void {
  const room = classroom.room.getState();
  switch (id) {
    case "microphone":
      if (mayPublish(room, "microphone")) void classroom.sources.toggleMicrophone();
      break;
    case "camera":
      if (mayPublish(room, "camera")) void classroom.sources.toggleCamera();
      break;
    case "screen":
      if (mayPublish(room, "screen")) void classroom.sources.toggleScreen();
      break;
    case "hand":
      if (may(room, "raise_hand")) classroom.raiseHand(!ownPerson(room)?.handRaised);
      break;
    case "recording":
      if (may(room, "record")) classroom.act({ type: "record", on: room.recording.state !== "on" });
      break;
    case "chat":
    case "people":
      screen.toggle(id);
      break;
    case "layout":
      screen.switchLayout();
      break;
    case "fullScreen":
      if (document.fullscreenElement) void document.exitFullscreen();
      else void document.documentElement.requestFullscreen?.().catch(() => undefined);
      break;
    case "toolbar":
      document.querySelector<HTMLElement>('[role="toolbar"] button')?.focus();
      break;
    case "help":
      screen.openHelp();
      break;
    case "talk":
      break;
  }
}
