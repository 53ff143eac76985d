import { QueryClientProvider } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { Message } from "../../app/Message";
import { queries, useMe } from "../../app/office/asking";
import { SignIn } from "../../app/office/SignIn";
import { useRefusalWords } from "../../app/refusal";
import { entryTicket, ownTicket } from "../../app/ticket";
import { Button } from "../../ui/Button";
import en from "./en.json";
import fr from "./fr.json";
import { Mine } from "./Mine";
import { usePresence } from "./presence";
import { Sheet } from "./Sheet";

addWords("attendance", { fr, en });

/** Who was there and for how long, during the séance and after it. */
export default function Attendance({ seance }: { seance: string }) {
  const ticket = entryTicket(seance) ?? ownTicket(seance);
  return (
    <QueryClientProvider client={queries}>
      {ticket === null ? <AsPerson seance={seance} /> : <Asked seance={seance} ticket={ticket} />}
    </QueryClientProvider>
  );
}

/** Without a link: whoever is logged in, once that is known. */
function AsPerson({ seance }: { seance: string }) {
  const { t } = useTranslation("attendance");
  const me = useMe();
  if (me.data) return <Asked seance={seance} ticket={null} />;
  if (me.data === null) return <SignIn />;
  return <Message title={t("title")} text={t("loading")} />;
}

function Asked({ seance, ticket }: { seance: string; ticket: string | null }) {
  const { t } = useTranslation(["attendance", "app"]);
  const refusalWords = useRefusalWords();
  const [presence, again] = usePresence(seance, ticket, ownTicket(seance));
  switch (presence.state) {
    case "loading":
      return <Message title={t("attendance:title")} text={t("attendance:loading")} />;
    case "unreachable":
      return (
        <Message title={t("app:unreachable.title")} text={t("app:unreachable.text")}>
          <Button look="primary" onPress={again}>
            {t("app:retry")}
          </Button>
        </Message>
      );
    case "nobody":
      return <SignIn />;
    case "refused":
      return <Message title={t("attendance:refused.title")} text={refusalWords(presence.refusal)} />;
    case "known":
      return presence.whole ? (
        <Sheet seance={seance} ticket={ticket} again={again} {...presence} />
      ) : (
        <Mine seance={seance} ticket={ticket} again={again} {...presence} />
      );
  }
}
