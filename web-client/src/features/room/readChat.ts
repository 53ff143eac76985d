import { createStore } from "zustand/vanilla";

const KEY = "preau:read-chat";

function saved(): boolean {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

/** Whether new messages are read aloud by screen readers: only those who ask for it. */
export const readChat = createStore<{ on: boolean }>(() => ({ on: saved() }));

export function setReadChat(on: boolean): void {
  readChat.setState({ on });
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
