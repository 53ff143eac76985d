import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { Message } from "../../app/Message";
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
  const { t } = useTranslation("app");
  const ticket = entryTicket(seance) ?? ownTicket(seance);
  if (ticket === null) return <Message title={t("noTicket.title")} text={t("noTicket.text")} />;
  return <Asked seance={seance} ticket={ticket} />;
}

function Asked({ seance, ticket }: { seance: string; ticket: string }) {
  const { t } = useTranslation(["attendance", "app"]);
  const [attempt, setAttempt] = useState(0);
  const presence = usePresence(ticket, ownTicket(seance), attempt);
  switch (presence.state) {
    case "loading":
      return <Message title={t("attendance:title")} text={t("attendance:loading")} />;
    case "unreachable":
      return (
        <Message title={t("app:unreachable.title")} text={t("app:unreachable.text")}>
          <Button look="primary" onPress={() => setAttempt(attempt + 1)}>
            {t("app:retry")}
          </Button>
        </Message>
      );
    case "refused":
      return (
        <Message title={t("attendance:refused.title")} text={t(`app:refusal.${presence.refusal.code}`)} />
      );
    case "known":
      return presence.whole ? (
        <Sheet seance={seance} ticket={ticket} {...presence} />
      ) : (
        <Mine seance={seance} {...presence} />
      );
  }
}
