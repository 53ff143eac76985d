// Tickets of the séances opened in this tab. They come in the fragment of the link, which browsers never send to a
// server, and stay in sessionStorage: a reload keeps the place, another tab or another person does not get it.

import type { Entry } from "../protocol/generated/protocol";

const key = (seance: string, what: "ticket" | "stay" | "own" | "name" | "acknowledged") =>
  `preau:${seance}:${what}`;

/** sessionStorage may be forbidden (private windows of managed machines): then the tab simply forgets. */
const memory = new Map<string, string>();

function read(name: string): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return memory.get(name) ?? null;
  }
}

function write(name: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
  } catch {
    if (value === null) memory.delete(name);
    else memory.set(name, value);
  }
}

/** The entry ticket of the link, for REST and for the first `hello`. */
export const entryTicket = (seance: string) => read(key(seance, "ticket"));

/** Whatever séances were opened in this tab, by its links. */
export function heldTickets(): { seance: string; ticket: string }[] {
  const names = new Set(memory.keys());
  try {
    for (let index = 0; index < sessionStorage.length; index++) names.add(sessionStorage.key(index) ?? "");
  } catch {
    // What the tab remembers by itself is all there is.
  }
  return [...names].flatMap((name) => {
    const seance = /^preau:([^:]+):ticket$/.exec(name)?.[1];
    const ticket = seance ? entryTicket(seance) : null;
    return seance && ticket ? [{ seance, ticket }] : [];
  });
}

/** The stay ticket, sent instead of the entry ticket when coming back. */
export const stayTicket = (seance: string) => read(key(seance, "stay"));
export const keepStay = (seance: string, stay: string) => {
  write(key(seance, "stay"), stay);
  write(key(seance, "own"), stay);
};
export const forgetStay = (seance: string) => write(key(seance, "stay"), null);

/** The last stay of this tab, even left or over: it says whose presence to show, it does not bring back inside. */
export const ownTicket = (seance: string) => read(key(seance, "own"));

/**
 * Whether a page about one's own presence has an answer: only for who takes part, and whom the server can tell from
 * others, by a stay of this tab or by a link of their own.
 */
export const hasOwnPresence = (seance: string, entry: Pick<Entry, "name" | "role">) =>
  (entry.role === "participant" || entry.role === "speaker") &&
  (entry.name !== null || ownTicket(seance) !== null);

/** The name typed in the lobby and the recording notice already read, so that nothing is asked twice. */
export const typedName = (seance: string) => read(key(seance, "name"));
export const keepName = (seance: string, name: string) => write(key(seance, "name"), name);
export const hasAcknowledged = (seance: string) => read(key(seance, "acknowledged")) === "yes";
export const keepAcknowledged = (seance: string) => write(key(seance, "acknowledged"), "yes");

/** Keeps a ticket; a different one is another person, so the former stay is forgotten. */
export function keepTicket(seance: string, ticket: string): void {
  if (entryTicket(seance) !== ticket) {
    for (const what of ["stay", "own", "name", "acknowledged"] as const) write(key(seance, what), null);
  }
  write(key(seance, "ticket"), ticket);
}

/** Fragments also name places of the page (`#main`); tickets are long. */
export const isTicket = (fragment: string) => fragment.length > 24;

/**
 * Moves the ticket from the address bar to the tab's storage: a link copied from the address bar by a trainer must
 * not make a trainer of whoever opens it.
 */
export function takeTicketFromAddress(): void {
  const seance = /^\/seance\/([^/]+)/.exec(location.pathname)?.[1];
  const ticket = location.hash.slice(1);
  if (!seance || !isTicket(ticket)) return;
  keepTicket(decodeURIComponent(seance), ticket);
  history.replaceState(history.state, "", location.pathname + location.search);
}
