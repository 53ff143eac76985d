// How the pages of the office ask and act. Answers are kept per address; whatever changes something makes all of them
// be asked again, so that no screen shows what is no longer true.

import {
  keepPreviousData,
  QueryCache,
  QueryClient,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Me as MeAnswer } from "../../protocol/generated/office";
import type { Refusal } from "../../protocol/generated/protocol";
import type { Me } from "../../protocol/office";
import { fetchJson, keepCsrf, type Method, Refused, send } from "../../protocol/rest";
import { toast } from "../../ui/toast";
import { announce } from "../announcer";
import { useRefusalWords } from "../refusal";

export const queries = new QueryClient({
  queryCache: new QueryCache({
    // The login is over: every page asks for it again, and goes on where it was.
    onError: (error) => {
      if (error instanceof Refused && error.status === 401) queries.setQueryData(["me"], null);
    },
  }),
  defaultOptions: {
    queries: {
      networkMode: "always",
      // A refusal stays one; a network that is away may come back.
      retry: (count, error) => !(error instanceof Refused) && count < 2,
      staleTime: 2_000,
    },
    mutations: { networkMode: "always", retry: false },
  },
});

interface AskedOptions {
  /** Asked again after so many milliseconds. */
  every?: number;
  /** Until the answer of another address is there, that of the one before stays: fields that narrow a list. */
  stays?: boolean;
}

/** The answer of one address of the API; `null` asks nothing yet. */
export function useAsked<Answer>(path: string | null, options: AskedOptions = {}): UseQueryResult<Answer> {
  return useQuery<Answer>({
    queryKey: [path],
    queryFn: ({ signal }) => fetchJson<Answer>(`/api/${path}`, null, { signal }),
    enabled: path !== null,
    refetchInterval: options.every ?? false,
    ...(options.stays ? { placeholderData: keepPreviousData } : {}),
  });
}

/** The server has no such answer for this person: part of a screen that is only of interest to some is left out. */
export function isAbsent(of: UseQueryResult<unknown>): boolean {
  return of.error instanceof Refused && of.error.status === 404;
}

/** Who is logged in; null when nobody is. */
export function useMe(): UseQueryResult<Me | null> {
  return useQuery<Me | null>({
    queryKey: ["me"],
    queryFn: async ({ signal }) => {
      const { person, ...rest } = await fetchJson<MeAnswer>("/api/me", null, { signal });
      keepCsrf(rest.csrf);
      return person ? { person, ...rest } : null;
    },
    staleTime: 60_000,
  });
}

/** One act, as it is sent. */
export interface Act {
  method: Method;
  /** After `/api/`. */
  path: string;
  body?: unknown;
  /** Of a link of this tab; without one it is done as the person who is logged in. */
  ticket?: string;
}

interface SentOptions<Answer> {
  /** Said when it is done. */
  done?: string;
  after?: (answer: Answer) => void;
  /** True when the screen itself says this refusal. */
  refused?: (refusal: Refusal) => boolean;
}

/** Acts one at a time: what was done is said, a refusal is said in words, and everything shown is asked again. */
export function useSent<Answer = unknown>(options: SentOptions<Answer> = {}) {
  const client = useQueryClient();
  const words = useFailureWords("sent");
  const { mutate, isPending } = useMutation<Answer, Error, Act>({
    mutationFn: ({ method, path, body, ticket }) =>
      send<Answer>(method, `/api/${path}`, body, ticket ?? null),
    onSuccess: (answer) => {
      if (options.done) toast(options.done, "ok");
      options.after?.(answer);
    },
    onError: (error) => {
      if (error instanceof Refused && options.refused?.(error.refusal)) return;
      const text = words(error);
      toast(text, "danger");
      announce(text, "assertive");
    },
    onSettled: () => client.invalidateQueries(),
  });
  return { act: mutate, busy: isPending };
}

/** A refusal, or the absence of an answer, in words; `sent` when it was to change something. */
export function useFailureWords(of: "asked" | "sent" = "asked"): (error: unknown) => string {
  const { t } = useTranslation("app");
  const refusalWords = useRefusalWords();
  return (error) => (error instanceof Refused ? refusalWords(error.refusal) : t(`unreachable.${of}`));
}
