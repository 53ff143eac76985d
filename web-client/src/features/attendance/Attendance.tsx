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
import { type Asker, usePresence } from "./presence";
import { Sheet } from "./Sheet";

addWords("attendance", { fr, en });

/** Who was there and for how long, during the séance and after it. */
export default function Attendance({ seance }: { seance: string }) {
  return (
    <QueryClientProvider client={queries}>
      <Known seance={seance} />
    </QueryClientProvider>
  );
}

/** Whoever is logged in asks as that person, and by the link of this tab where that opens more. */
function Known({ seance }: { seance: string }) {
  const { t } = useTranslation("attendance");
  const me = useMe();
  const ticket = entryTicket(seance) ?? ownTicket(seance);
  if (me.data === undefined && !me.error) return <Message title={t("title")} text={t("loading")} />;
  if (!me.data && ticket === null) return <SignIn />;
  return <Asked seance={seance} asker={{ ticket, stay: ownTicket(seance), loggedIn: Boolean(me.data) }} />;
}

function Asked({ seance, asker }: { seance: string; asker: Asker }) {
  const { t } = useTranslation(["attendance", "app"]);
  const refusalWords = useRefusalWords();
  const [presence, again] = usePresence(seance, asker);
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
        <Sheet seance={seance} again={again} {...presence} />
      ) : (
        <Mine seance={seance} again={again} {...presence} />
      );
  }
}
