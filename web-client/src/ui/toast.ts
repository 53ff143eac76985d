import { createStore } from "zustand/vanilla";

export type Tone = "info" | "ok" | "warn" | "danger";

export interface ToastMessage {
  id: number;
  tone: Tone;
  text: string;
}

/** Short messages on the page, oldest first. */
export const toasts = createStore<{ messages: ToastMessage[] }>(() => ({ messages: [] }));

let next = 1;

/** Says something for a while; the same words are not stacked. Errors stay longer. */
export function toast(text: string, tone: Tone = "info"): void {
  const id = next++;
  toasts.setState(({ messages }) => ({
    messages: [...messages.filter((message) => message.text !== text), { id, tone, text }].slice(-3),
  }));
  setTimeout(() => dismiss(id), tone === "danger" || tone === "warn" ? 10_000 : 6_000);
}

export function dismiss(id: number): void {
  toasts.setState(({ messages }) => ({ messages: messages.filter((message) => message.id !== id) }));
}
