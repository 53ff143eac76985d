/** Asks the server for the sheet, again and again while the séance runs. */
import { useEffect, useState } from "react";
import type { PresenceSheet } from "../../protocol/generated/attendance";
import type { Entry, Refusal } from "../../protocol/generated/protocol";
import { fetchJson, Refused, request } from "../../protocol/rest";

const POLL_MS = 5000;

export type Presence =
  | { state: "loading" }
  | { state: "unreachable" }
  | { state: "refused"; refusal: Refusal }
  /** `stale` when the last question had no answer: the former figures stay on the screen. */
  | { state: "known"; sheet: PresenceSheet; entry: Entry; whole: boolean; stale: boolean };

/**
 * The whole sheet for who may see it, one's own row for the others: `stay` says who they are when they came by an
 * open link.
 */
export function usePresence(ticket: string, stay: string | null, attempt: number): Presence {
  const [presence, setPresence] = useState<Presence>({ state: "loading" });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks at once.
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const step = async () => {
      const next = await ask(ticket, stay ?? ticket, abort.signal);
      if (abort.signal.aborted) return;
      setPresence((before) =>
        next.state === "unreachable" && before.state === "known" ? { ...before, stale: true } : next,
      );
      const final = next.state === "refused" || (next.state === "known" && isFinal(next.sheet, next.entry));
      if (!final) timer = setTimeout(() => void step(), POLL_MS);
    };
    void step();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [ticket, stay, attempt]);
  return presence;
}

/** Nothing will change: the séance is closed, and its recordings with it. */
function isFinal(sheet: PresenceSheet, entry: Entry): boolean {
  return sheet.closed && entry.recordings.every((recording) => recording.ready);
}

async function ask(ticket: string, own: string, signal: AbortSignal): Promise<Presence> {
  try {
    const entry = await fetchJson<Entry>("/api/entry", ticket, { signal });
    const whole = entry.permissions.includes("see_presence");
    const sheet = whole
      ? await fetchJson<PresenceSheet>("/api/presence", ticket, { signal })
      : await fetchJson<PresenceSheet>("/api/presence/me", own, { signal });
    return { state: "known", sheet, entry, whole, stale: false };
  } catch (error) {
    if (
      error instanceof Refused &&
      error.refusal.code !== "busy" &&
      error.refusal.code !== "storage_failing"
    ) {
      return { state: "refused", refusal: error.refusal };
    }
    return { state: "unreachable" };
  }
}

/** What can be taken away: the sheet as a spreadsheet reads it, and the bundle of proof. */
const FILES = { csv: "/api/presence.csv", proof: "/api/presence.proof" };

export type FileKind = keyof typeof FILES;

/** Fetches a file and hands it to the browser's downloads. */
export async function download(kind: FileKind, ticket: string): Promise<void> {
  const response = await request(FILES[kind], ticket);
  const name = fileName(response.headers.get("Content-Disposition")) ?? FILES[kind].replace(/.*\//, "");
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Later: some browsers start reading after the click has returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** `attachment; filename="presence_20261124.csv"`: the server names it in ASCII. */
export function fileName(disposition: string | null): string | undefined {
  return disposition?.match(/filename="?(\w[\w.-]*)"?(?:;|$)/)?.[1];
}
