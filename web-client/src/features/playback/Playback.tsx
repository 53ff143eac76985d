import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { Message } from "../../app/Message";
import { useRefusalWords } from "../../app/refusal";
import { entryTicket, stayTicket } from "../../app/ticket";
import { Button } from "../../ui/Button";
import en from "./en.json";
import fr from "./fr.json";
import { useEntry, useOpening } from "./opening";
import { Replay } from "./Replay";

addWords("playback", { fr, en });

/** The replay of one recording. */
export default function Playback({ seance, recording }: { seance: string; recording: string }) {
  const { t } = useTranslation("app");
  const ticket = entryTicket(seance) ?? stayTicket(seance);
  if (ticket === null) return <Message title={t("noTicket.title")} text={t("noTicket.text")} />;
  return <Opened key={recording} seance={seance} recording={recording} ticket={ticket} />;
}

function Opened({ seance, recording, ticket }: { seance: string; recording: string; ticket: string }) {
  const { t } = useTranslation(["playback", "app"]);
  const refusalWords = useRefusalWords();
  const [attempt, setAttempt] = useState(0);
  const opening = useOpening(recording, ticket, attempt);
  const entry = useEntry(ticket);
  switch (opening.state) {
    case "opening":
      return <Message title={t("playback:title")} text={t("playback:opening")} />;
    case "finalising":
      return (
        <div role="status">
          <Message title={t("playback:finalising.title")} text={t("playback:finalising.text")} />
        </div>
      );
    case "unreachable":
      return (
        <Message title={t("app:unreachable.title")} text={t("app:unreachable.text")}>
          <Button look="primary" onPress={() => setAttempt(attempt + 1)}>
            {t("app:retry")}
          </Button>
        </Message>
      );
    case "missing":
      return <Message title={t("playback:missing.title")} text={t("playback:missing.text")} />;
    case "refused":
      return (
        <Message
          title={t(
            opening.refusal.code === "recording_deleted" ? "playback:deleted" : "playback:refused.title",
          )}
          text={refusalWords(opening.refusal)}
        />
      );
    case "unreadable":
      return (
        <Message title={t("playback:unreadable.title")} text={t("playback:unreadable.text")}>
          <Button look="primary" onPress={() => location.reload()}>
            {t("app:reload")}
          </Button>
        </Message>
      );
    case "ready":
      return <Replay seance={seance} ticket={ticket} manifest={opening.manifest} entry={entry} />;
  }
}
