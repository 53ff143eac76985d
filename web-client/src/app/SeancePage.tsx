import { Suspense, useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Lobby } from "../features/lobby/Lobby";
import type { Entry, Refusal } from "../protocol/generated/protocol";
import { fetchJson, Refused } from "../protocol/rest";
import { Entering, loadRoom, Room } from "../routes";
import { Button } from "../ui/Button";
import { Message, Waiting } from "./Message";
import { useRefusalWords } from "./refusal";
import { entryTicket, stayTicket } from "./ticket";

type Lookup =
  | { state: "waiting" }
  | { state: "known"; entry: Entry }
  | { state: "refused"; refusal: Refusal }
  | { state: "unreachable" };

type Sources = { microphone: MediaStreamTrack | null; camera: MediaStreamTrack | null };

const RETRY_MS = 5_000;

/** What the server knows of this séance and this ticket; tries again by itself while the server is away. */
function useEntry(ticket: string | null): [Lookup, () => void] {
  const [lookup, setLookup] = useState<Lookup>({ state: "waiting" });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks again
  useEffect(() => {
    if (!ticket) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    fetchJson<Entry>("/api/entry", ticket, { signal: stop.signal }).then(
      (entry) => setLookup({ state: "known", entry }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (error instanceof Refused) {
          setLookup({ state: "refused", refusal: error.refusal });
          return;
        }
        setLookup({ state: "unreachable" });
        timer = setTimeout(() => setAttempt((count) => count + 1), RETRY_MS);
      },
    );
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [ticket, attempt]);
  return [lookup, useCallback(() => setAttempt((count) => count + 1), [])];
}

/** One address for the whole life of a séance: lobby, room, end. */
export function SeancePage({ seance }: { seance: string }) {
  const { t } = useTranslation("app");
  const refusalWords = useRefusalWords();
  const [ticket, setTicket] = useState(() => entryTicket(seance));
  const [lookup, again] = useEntry(ticket);
  // A stay is a place already taken: a reload goes straight back to it.
  const [inside, setInside] = useState<{ entering: Sources | null } | null>(() =>
    stayTicket(seance) ? { entering: null } : null,
  );
  const [refusal, setRefusal] = useState<Refusal | null>(null);

  useEffect(() => {
    // The room is fetched at the first move towards entering, so that the lobby stays light and entering is instant.
    const hints = ["pointerover", "pointerdown", "focusin", "input"] as const;
    const fetchRoom = (event: Event) => {
      if (!(event.target instanceof Element) || !event.target.closest("form")) return;
      for (const hint of hints) document.removeEventListener(hint, fetchRoom);
      void loadRoom();
    };
    for (const hint of hints) document.addEventListener(hint, fetchRoom, { passive: true });
    return () => {
      for (const hint of hints) document.removeEventListener(hint, fetchRoom);
    };
  }, []);

  const toLobby = useCallback(
    (why: Refusal | null) => {
      setRefusal(why);
      setInside(null);
      again();
    },
    [again],
  );

  if (!ticket) return <Entering seance={seance} onTicket={() => setTicket(entryTicket(seance))} />;
  if (inside) {
    return (
      <Suspense fallback={<Waiting />}>
        <Room seance={seance} entering={inside.entering} onLobby={toLobby} />
      </Suspense>
    );
  }
  switch (lookup.state) {
    case "waiting":
      return <Waiting />;
    case "refused":
      return <Message title={t("refusedTitle")} text={refusalWords(lookup.refusal)} />;
    case "unreachable":
      return (
        <Message title={t("unreachable.title")} text={t("unreachable.text")}>
          <Button look="primary" onPress={again}>
            {t("retry")}
          </Button>
        </Message>
      );
    case "known":
      return (
        <Lobby
          seance={seance}
          ticket={ticket}
          entry={lookup.entry}
          refusal={refusal}
          onEnter={(entering) => {
            setRefusal(null);
            setInside({ entering });
          }}
        />
      );
  }
}
