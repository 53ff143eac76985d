/** Asks the server for the sheet, again and again while the séance runs. */
import { useCallback, useEffect, useState } from "react";
import type { Entry, Refusal } from "../../protocol/generated/protocol";
import type { PlannedSeance, PresenceSheet } from "../../protocol/office";
import { fetchJson, Refused } from "../../protocol/rest";

const POLL_MS = 5000;

/** Who asks: by the link of this tab, as the person who is logged in, or both. */
export interface Asker {
  ticket: string | null;
  /** The last stay of this tab: it says who somebody is who came by an open link. */
  stay: string | null;
  loggedIn: boolean;
}

export type Presence =
  | { state: "loading" }
  | { state: "unreachable" }
  /** Nobody is logged in, and this tab holds no ticket. */
  | { state: "nobody" }
  | { state: "refused"; refusal: Refusal }
  | Known;

/** `stale` when the last question had no answer: the former figures stay on the screen. */
type Known = {
  state: "known";
  sheet: PresenceSheet;
  entry: Entry | null;
  whole: boolean;
  stale: boolean;
  /** By which ticket it was asked, and acts are; null as the person who is logged in. */
  ticket: string | null;
};

/** The whole sheet for who may see it, one's own row for the others. */
export function usePresence(seance: string, asker: Asker): [Presence, () => void] {
  const { ticket, stay, loggedIn } = asker;
  const [presence, setPresence] = useState<Presence>({ state: "loading" });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks at once.
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const step = async () => {
      const next = await ask(seance, { ticket, stay, loggedIn }, abort.signal);
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
  }, [seance, ticket, stay, loggedIn, attempt]);
  return [presence, useCallback(() => setAttempt((count) => count + 1), [])];
}

/** Nothing will change by itself: the séance is closed, and its recordings with it. */
function isFinal(presence: Presence): boolean {
  if (presence.state === "refused" || presence.state === "nobody") return true;
  if (presence.state !== "known") return false;
  const { sheet, entry } = presence;
  return sheet.closed && (entry?.recordings ?? []).every((recording) => recording.ready);
}

type Fetch = (path: string, by: string | null) => Promise<PresenceSheet>;

async function ask(seance: string, asker: Asker, signal: AbortSignal): Promise<Presence> {
  const sheet: Fetch = (path, by) => fetchJson<PresenceSheet>(path, by, { signal });
  try {
    if (asker.loggedIn) {
      try {
        return await askAsPerson(seance, sheet, signal);
      } catch (error) {
        if (!(error instanceof Refused) || asker.ticket === null) throw error;
      }
    }
    if (asker.ticket === null) return { state: "nobody" };
    return await askByTicket(asker.ticket, asker.stay ?? asker.ticket, sheet, signal);
  } catch (error) {
    if (!(error instanceof Refused)) return { state: "unreachable" };
    const { code } = error.refusal;
    if (code === "busy" || code === "storage_failing") return { state: "unreachable" };
    if (asker.ticket === null && error.status === 401) return { state: "nobody" };
    return { state: "refused", refusal: error.refusal };
  }
}

async function askByTicket(ticket: string, own: string, sheet: Fetch, signal: AbortSignal): Promise<Known> {
  const entry = await fetchJson<Entry>("/api/entry", ticket, { signal });
  const whole = entry.permissions.includes("see_presence");
  const found = whole ? await sheet("/api/presence", ticket) : await sheet("/api/presence/me", own);
  return { state: "known", sheet: found, entry, whole, stale: false, ticket: whole ? ticket : own };
}

/** Everybody's sheet where that is allowed, one's own row where it is not. */
async function askAsPerson(seance: string, sheet: Fetch, signal: AbortSignal): Promise<Known> {
  const path = `/api/seances/${seance}/presence`;
  const known = { state: "known", entry: null, stale: false, ticket: null } as const;
  const { mine } = await fetchJson<PlannedSeance>(`/api/seances/${seance}`, null, { signal });
  if (mine?.role === "participant") return { ...known, sheet: await sheet(`${path}/me`, null), whole: false };
  try {
    return { ...known, sheet: await sheet(path, null), whole: true };
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 403) throw error;
    return { ...known, sheet: await sheet(`${path}/me`, null), whole: false };
  }
}
