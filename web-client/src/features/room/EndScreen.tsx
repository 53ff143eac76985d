import { ClipboardList, LogIn, Play } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Message } from "../../app/Message";
import { useRefusalWords } from "../../app/refusal";
import { entryTicket, hasOwnPresence } from "../../app/ticket";
import type { Entry, Permission } from "../../protocol/generated/protocol";
import type { PresenceSheet } from "../../protocol/office";
import { fetchJson } from "../../protocol/rest";
import { presenceHref, replayHref } from "../../routes";
import { leads } from "../../store/room";
import { type Figures, figuresOf } from "../../store/sheet";
import { Button } from "../../ui/Button";
import { ButtonLink } from "../../ui/Link";
import { useClassroom, useRoom } from "./context";
import { useOwnPresence } from "./PresenceLine";
import styles from "./room.module.css";

/** Every second at first, when the recording is about to be ready; then more slowly. */
const POLL_MS = 1_000;
const SLOW_POLL_MS = 5_000;
const SLOW_AFTER = 60;

const NONE: readonly Permission[] = [];

/** After the class: why it is over for this person, and what it left. */
export function EndScreen({ onBack }: { onBack: () => void }) {
  const { t } = useTranslation("room");
  const { t: common } = useTranslation("app");
  const classroom = useClassroom();
  const refusalWords = useRefusalWords();
  const stop = useRoom((state) => state.stop);
  const ending = useRoom((state) => state.ending);
  const permissions = useRoom((state) => state.you?.permissions ?? NONE);
  const counted = useRoom((state) => state.you?.role === "participant" || state.you?.role === "speaker");
  const over = ending !== null || (stop?.why === "refused" && stop.refusal.code === "ended");

  if (over) return <Ended />;
  if (stop?.why === "left") {
    return (
      <Message title={t("left.title")} text={t("left.text")}>
        <Button look="primary" icon={<LogIn aria-hidden="true" />} onPress={onBack} data-testid="come-back">
          {t("left.back")}
        </Button>
        <PresenceButton permissions={permissions} own={counted} />
      </Message>
    );
  }
  if (stop?.why === "elsewhere") {
    return (
      <Message title={t("elsewhere.title")} text={t("elsewhere.text")}>
        <Button
          look="primary"
          icon={<LogIn aria-hidden="true" />}
          onPress={() => classroom.comeBack()}
          data-testid="continue-here"
        >
          {t("elsewhere.here")}
        </Button>
      </Message>
    );
  }
  if (stop?.why === "removed") return <Message title={t("removed.title")} text={t("removed.text")} />;
  const refusal = stop?.why === "refused" ? stop.refusal : null;
  return (
    <Message title={t("refused.title")} text={refusal ? refusalWords(refusal) : t("refused.text")}>
      <Button look="primary" onPress={() => location.reload()}>
        {common("reload")}
      </Button>
    </Message>
  );
}

function Ended() {
  const { t } = useTranslation("room");
  const { seance } = useClassroom();
  const ending = useRoom((state) => state.ending);
  const presence = useOwnPresence(seance, null);
  const entry = useRecordings(seance);
  const established = useEstablished(seance, entry?.permissions.includes("see_presence") ?? false);
  const ready = useRoom((state) => state.readyRecording);
  const recordings =
    entry?.recordings.filter((recording) => recording.ready).map((recording) => recording.id) ?? [];
  const replays = recordings.length > 0 ? recordings : ready ? [ready] : [];
  const maySee = entry?.permissions.includes("see_replay") ?? false;
  const expected = (ending?.recorded ?? false) || (entry?.recordings.length ?? 0) > 0;
  const ticket = entryTicket(seance);
  const leading = useRoom((state) => leads(state.you?.role));
  const why =
    ending?.why === "trainer" && leading ? t("ended.byYou") : ending && t(`ended.why.${ending.why}`);
  const words = why ?? t("ended.already");
  return (
    <Message title={t("ended.title")} text={<span data-testid="ended">{words}</span>}>
      {established !== null ? (
        <p className={styles.whole} data-testid="established">
          {t("ended.present", { count: established.present })}
          {established.check > 0 ? `, ${t("ended.check", { count: established.check })}` : null}.
        </p>
      ) : null}
      {presence && established === null ? (
        <p className={styles.whole}>
          {presence.minutes >= presence.needed
            ? t("presence.reached", { ...presence })
            : t("presence.counted", { ...presence })}
        </p>
      ) : null}
      {maySee && expected && replays.length === 0 ? (
        <p className={styles.whole} role="status">
          {t("ended.preparing")}
        </p>
      ) : null}
      {maySee
        ? replays.map((recording, rank) => (
            <ButtonLink
              key={recording}
              look="primary"
              icon={<Play aria-hidden="true" />}
              href={replayHref(seance, recording, ticket)}
              data-testid="to-replay"
            >
              {replays.length > 1 ? t("ended.replayNumber", { number: rank + 1 }) : t("ended.replay")}
            </ButtonLink>
          ))
        : null}
      <PresenceButton
        permissions={entry?.permissions ?? NONE}
        own={entry !== null && hasOwnPresence(seance, entry)}
      />
    </Message>
  );
}

/** To the whole sheet for who may see it, to their own row for who takes part. */
function PresenceButton({ permissions, own }: { permissions: readonly Permission[]; own: boolean }) {
  const { t } = useTranslation("room");
  const { seance } = useClassroom();
  const whole = permissions.includes("see_presence");
  if (!whole && !own) return null;
  return (
    <ButtonLink
      icon={<ClipboardList aria-hidden="true" />}
      href={presenceHref(seance, entryTicket(seance))}
      data-testid={whole ? "to-presence" : "to-own-presence"}
    >
      {whole ? t("ended.presence") : t("ended.mine")}
    </ButtonLink>
  );
}

/** How many participants are present by the rules, how many wait for a decision; null for those who may not know. */
function useEstablished(seance: string, allowed: boolean): Pick<Figures, "present" | "check"> | null {
  const [figures, setFigures] = useState<Figures | null>(null);
  useEffect(() => {
    const ticket = entryTicket(seance);
    if (!ticket || !allowed) return;
    fetchJson<PresenceSheet>("/api/presence", ticket).then(
      (sheet) => setFigures(figuresOf(sheet)),
      () => undefined,
    );
  }, [seance, allowed]);
  return figures;
}

/** Asks until every recording of the séance is ready. */
function useRecordings(seance: string): Entry | null {
  const [entry, setEntry] = useState<Entry | null>(null);
  useEffect(() => {
    const ticket = entryTicket(seance);
    if (!ticket) return;
    let asked = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const ask = async () => {
      const found = await fetchJson<Entry>("/api/entry", ticket).catch(() => null);
      if (stopped) return;
      if (found) setEntry(found);
      asked += 1;
      const finished =
        found && found.recordings.length > 0 && found.recordings.every((recording) => recording.ready);
      if (!finished) timer = setTimeout(() => void ask(), asked < SLOW_AFTER ? POLL_MS : SLOW_POLL_MS);
    };
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [seance]);
  return entry;
}
