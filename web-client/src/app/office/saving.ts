import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "../../ui/toast";
import { announce } from "../announcer";
import { fetchFile } from "../files";
import { useFailureWords } from "./asking";

/** Saves files of this server; `busy` while one is on its way. Failures are said in words. */
export function useSaving(ticket: string | null = null) {
  const words = useFailureWords();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const save = async (path: string) => {
    setBusy(true);
    try {
      await fetchFile(path, ticket);
    } catch (error) {
      const text = words(error);
      toast(text, "danger");
      announce(text, "assertive");
    }
    setBusy(false);
    // The log has a line more, and the person it is about a view more.
    void client.invalidateQueries();
  };
  return { busy, save: (path: string) => void save(path) };
}
