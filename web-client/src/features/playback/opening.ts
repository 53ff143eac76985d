/** From a link to a playable recording, with patience: the recorder may still be closing its files. */
import { useEffect, useState } from "react";
import type { Entry, Refusal } from "../../protocol/generated/protocol";
import { fetchJson, Refused } from "../../protocol/rest";
import { type Manifest, ManifestError } from "./manifest";
import { allow, fetchManifest } from "./recording";

const FINALISING_POLL_MS = 1000;
const UNREACHABLE_POLL_MS = 3000;
/** Anything else in the address is a link cut or mistyped. */
const IDENTIFIER = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export type Opening =
  | { state: "opening" }
  | { state: "finalising" }
  | { state: "unreachable" }
  | { state: "missing" }
  | { state: "refused"; refusal: Refusal }
  | { state: "unreadable" }
  | { state: "ready"; manifest: Manifest };

/** Asks until the recording is ready or a person has to do something. */
export function useOpening(recording: string, ticket: string, attempt: number): Opening {
  const [opening, setOpening] = useState<Opening>({ state: "opening" });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt starts again at once.
  useEffect(() => {
    const abort = new AbortController();
    const step = async () => {
      const next = await ask(recording, ticket, abort.signal);
      if (abort.signal.aborted) return;
      setOpening(next);
      if (next.state === "finalising") setTimeout(() => void step(), FINALISING_POLL_MS);
      if (next.state === "unreachable") setTimeout(() => void step(), UNREACHABLE_POLL_MS);
    };
    void step();
    return () => abort.abort();
  }, [recording, ticket, attempt]);
  return opening;
}

async function ask(recording: string, ticket: string, signal: AbortSignal): Promise<Opening> {
  if (!IDENTIFIER.test(recording)) return { state: "missing" };
  try {
    await allow(recording, ticket);
    const manifest = await fetchManifest(recording, ticket, signal);
    return manifest.ready ? { state: "ready", manifest } : { state: "finalising" };
  } catch (error) {
    if (error instanceof ManifestError || error instanceof SyntaxError) return { state: "unreadable" };
    if (error instanceof Refused && error.refusal.code === "ticket_foreign") return { state: "missing" };
    if (error instanceof Refused && error.refusal.code !== "busy")
      return { state: "refused", refusal: error.refusal };
    return { state: "unreachable" };
  }
}

/** What the séance is called and when it was; the replay also works without. */
export function useEntry(ticket: string): Entry | undefined {
  const [entry, setEntry] = useState<Entry>();
  useEffect(() => {
    const abort = new AbortController();
    fetchJson<Entry>("/api/entry", ticket, { signal: abort.signal }).then(setEntry, () => undefined);
    return () => abort.abort();
  }, [ticket]);
  return entry;
}
