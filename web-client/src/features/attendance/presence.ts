/** Asks the server for the sheet, again and again while the séance runs. */
import { useCallback, useEffect, useState } from "react";
import type { Entry, Refusal } from "../../protocol/generated/protocol";
import type { PresenceSheet } from "../../protocol/office";
import { fetchJson, Refused } from "../../protocol/rest";

const POLL_MS = 5000;

export type Presence =
  | { state: "loading" }
  | { state: "unreachable" }
  /** Nobody is logged in, and this tab holds no ticket. */
  | { state: "nobody" }
  | { state: "refused"; refusal: Refusal }
  /** `stale` when the last question had no answer: the former figures stay on the screen. */
  | { state: "known"; sheet: PresenceSheet; entry: Entry | null; whole: boolean; stale: boolean };

/**
 * The whole sheet for who may see it, one's own row for the others. With a ticket as its bearer, `stay` saying who they
 * are when they came by an open link; without as the person who is logged in.
 */
export function usePresence(
  seance: string,
  ticket: string | null,
  stay: string | null,
): [Presence, () => void] {
  const [presence, setPresence] = useState<Presence>({ state: "loading" });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks at once.
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const step = async () => {
      const next = await ask(seance, ticket, stay ?? ticket, abort.signal);
      if (abort.signal.aborted) return;
      setPresence((before) =>
        next.state === "unreachable" && before.state === "known" ? { ...before, stale: true } : next,
      );
      if (!isFinal(next)) timer = setTimeout(() => void step(), POLL_MS);
    };
    void step();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [seance, ticket, stay, attempt]);
  return [presence, useCallback(() => setAttempt((count) => count + 1), [])];
}

/** Nothing will change by itself: the séance is closed, and its recordings with it. */
function isFinal(presence: Presence): boolean {
  if (presence.state === "refused" || presence.state === "nobody") return true;
  if (presence.state !== "known") return false;
  const { sheet, entry } = presence;
  return sheet.closed && (entry?.recordings ?? []).every((recording) => recording.ready);
}

async function ask(
  seance: string,
  ticket: string | null,
  own: string | null,
  signal: AbortSignal,
): Promise<Presence> {
  const sheet = (path: string, by: string | null) => fetchJson<PresenceSheet>(path, by, { signal });
  try {
    if (ticket === null) return await askAsPerson(seance, sheet);
    const entry = await fetchJson<Entry>("/api/entry", ticket, { signal });
    const whole = entry.permissions.includes("see_presence");
    const found = whole ? await sheet("/api/presence", ticket) : await sheet("/api/presence/me", own);
    return { state: "known", sheet: found, entry, whole, stale: false };
  } catch (error) {
    if (!(error instanceof Refused)) return { state: "unreachable" };
    const { code } = error.refusal;
    if (code === "busy" || code === "storage_failing") return { state: "unreachable" };
    if (ticket === null && error.status === 401) return { state: "nobody" };
    return { state: "refused", refusal: error.refusal };
  }
}

/** Everybody's sheet where that is allowed, one's own row where it is not. */
async function askAsPerson(
  seance: string,
  sheet: (path: string, by: null) => Promise<PresenceSheet>,
): Promise<Presence> {
  const path = `/api/seances/${seance}/presence`;
  try {
    return { state: "known", sheet: await sheet(path, null), entry: null, whole: true, stale: false };
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 403) throw error;
    const own = await sheet(`${path}/me`, null);
    return { state: "known", sheet: own, entry: null, whole: false, stale: false };
  }
}
