import { useMutation } from "@tanstack/react-query";
import { send } from "../../protocol/rest";

/** Asks for a ticket of one's own into a séance; it comes as a link, whose fragment is the ticket. */
export function useEnter(onTicket: (ticket: string, link: string) => void) {
  const { mutate, error, isPending } = useMutation<{ link: string }, Error, string>({
    mutationFn: (seance) => send<{ link: string }>("POST", `/api/seances/${seance}/enter`),
    networkMode: "always",
    onSuccess: ({ link }) => onTicket(link.slice(link.indexOf("#") + 1), link),
  });
  return { enter: mutate, error, busy: isPending };
}
