// Every keyboard shortcut of the page, in one list: the keys, the help and the tests read it.
// Those with Ctrl are Visio's, which State agents know. Each act also has a single letter, because browsers keep some
// Ctrl combinations for themselves (Ctrl+Shift+P in Firefox); letters can be switched off, and none acts in a text field.
import { createStore } from "zustand/vanilla";

export interface Shortcut {
  id: ShortcutId;
  /** As in `aria-keyshortcuts`; the first is shown beside the control. */
  keys: readonly string[];
}

export type ShortcutId =
  | "microphone"
  | "talk"
  | "camera"
  | "screen"
  | "hand"
  | "chat"
  | "people"
  | "layout"
  | "fullScreen"
  | "recording"
  | "toolbar"
  | "help";

export const SHORTCUTS: readonly Shortcut[] = [
  { id: "microphone", keys: ["Control+D", "M"] },
  { id: "talk", keys: ["V"] },
  { id: "camera", keys: ["Control+E", "C"] },
  { id: "screen", keys: ["Control+Shift+S", "E"] },
  { id: "hand", keys: ["Control+Shift+H", "L"] },
  { id: "chat", keys: ["Control+Shift+M", "D"] },
  { id: "people", keys: ["Control+Shift+P", "P"] },
  { id: "layout", keys: ["Control+Shift+G", "G"] },
  { id: "fullScreen", keys: ["Control+Shift+F", "F"] },
  { id: "recording", keys: ["Control+Shift+L", "R"] },
  { id: "toolbar", keys: ["F2"] },
  { id: "help", keys: ["Control+Shift+/", "?"] },
];

const KEY = "preau:letters";

function saved(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

/** Whether single letters act. */
export const letters = createStore<{ on: boolean }>(() => ({ on: saved() }));

export function setLetters(on: boolean): void {
  letters.setState({ on });
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** A shortcut without Ctrl, Alt or a function key: WCAG 2.1.4 applies. */
export const isLetter = (keys: string) => keys.length === 1;

type Pressed = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** Whether the pressed keys are these. On a Mac, Command counts as Control. */
export function pressed(event: Pressed, keys: string): boolean {
  const parts = keys.split("+");
  const key = parts.pop() ?? "";
  const control = parts.includes("Control");
  if ((event.ctrlKey || event.metaKey) !== control || event.altKey) return false;
  // "/" and "?" need Shift on some keyboards only: there the sign itself decides.
  const sign = !/^[a-z0-9]$/i.test(key) && key.length === 1;
  if (sign)
    return (
      event.key === key ||
      (key === "/" && event.key === "?" && control) ||
      (key === "/" && event.key === ":" && control)
    );
  if (event.shiftKey !== parts.includes("Shift")) return false;
  return event.key.toLowerCase() === key.toLowerCase();
}

/** Typing is typing: nothing acts there. */
export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return (
    target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type)
  );
}

/** The shortcut of an event, if it may act. */
export function shortcutOf(event: KeyboardEvent): ShortcutId | null {
  if (isTextField(event.target)) return null;
  const found = SHORTCUTS.find((shortcut) =>
    shortcut.keys.some((keys) => (letters.getState().on || !isLetter(keys)) && pressed(event, keys)),
  );
  return found?.id ?? null;
}

export const keysOf = (id: ShortcutId): readonly string[] =>
  SHORTCUTS.find((shortcut) => shortcut.id === id)?.keys ?? [];

/** "Ctrl+D" for people. */
export const shown = (keys: string) => keys.replace("Control", "Ctrl").replaceAll("+", "\u202f+\u202f");
