import { createContext, useCallback, useContext, useState } from "react";
import { announce } from "../../app/announcer";
import { useRefusalWords } from "../../app/refusal";
import type { PresenceSheet } from "../../protocol/office";
import { Refused, send } from "../../protocol/rest";
import { toast } from "../../ui/toast";

/** What those who validate can do on the sheet they look at. */
export interface Deciding {
  seance: string;
  sheet: PresenceSheet;
  /** False when nobody corrects any more. */
  open: boolean;
  busy: boolean;
  /** Acts on an address after `/api/`; true when it was done. The sheet is asked again either way. */
  act: (path: string, body: unknown, done: string) => Promise<boolean>;
}

export const DecidingContext = createContext<Deciding | null>(null);
export const useDeciding = () => useContext(DecidingContext);

/** Acts by the ticket of this tab, or as the person who is logged in. */
export function useActs(ticket: string | null, again: () => void): Pick<Deciding, "act" | "busy"> {
  const refusalWords = useRefusalWords();
  const [busy, setBusy] = useState(false);
  const act = useCallback(
    async (path: string, body: unknown, done: string) => {
      setBusy(true);
      try {
        await send("POST", `/api/${path}`, body, ticket);
        toast(done, "ok");
        return true;
      } catch (error) {
        const text = refusalWords(error instanceof Refused ? error.refusal : { code: "busy" });
        toast(text, "danger");
        announce(text, "assertive");
        return false;
      } finally {
        setBusy(false);
        again();
      }
    },
    [ticket, again, refusalWords],
  );
  return { act, busy };
}
