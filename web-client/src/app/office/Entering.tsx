import { QueryClientProvider } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { Message, Waiting } from "../Message";
import { keepTicket } from "../ticket";
import { queries, useFailureWords, useMe } from "./asking";
import { useEnter } from "./enter";
import { SignIn } from "./SignIn";

/** The address of a séance opened without a link: whoever is logged in and expected gets in all the same. */
export default function Entering({ seance, onTicket }: { seance: string; onTicket: () => void }) {
  return (
    <QueryClientProvider client={queries}>
      <Gate seance={seance} onTicket={onTicket} />
    </QueryClientProvider>
  );
}

function Gate({ seance, onTicket }: { seance: string; onTicket: () => void }) {
  const { t } = useTranslation("app");
  const words = useFailureWords();
  const me = useMe();
  const known = me.data !== undefined && me.data !== null;
  const { enter, error } = useEnter((ticket) => {
    keepTicket(seance, ticket);
    onTicket();
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is known who asks
  useEffect(() => {
    if (known) enter(seance);
  }, [known, seance]);
  if (me.data === null) return <SignIn />;
  const failure = error ?? me.error;
  if (!failure) return <Waiting />;
  return (
    <Message title={t("refusedTitle")} text={words(failure)}>
      <Button look="primary" onPress={() => enter(seance)}>
        {t("retry")}
      </Button>
    </Message>
  );
}
