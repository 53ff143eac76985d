import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { clock, frenchSpaces } from "../../app/dates";
import { Tag } from "../../ui/Card";
import { Checkbox } from "../../ui/Field";
import styles from "./playback.module.css";
import type { ReplayPlayer } from "./player";
import { countUntil } from "./stage";
import type { ReplayMessage } from "./story";

/** The chat at its place in time: a message is a way to its moment. */
export function Messages({ player, messages }: { player: ReplayPlayer; messages: readonly ReplayMessage[] }) {
  const { t } = useTranslation("playback");
  const [hide, setHide] = useState(false);
  const past = useStore(player.state, (state) => countUntil(messages, state.seanceMs));
  const list = useFollowing(past);
  const shown = hide ? messages.slice(0, past) : messages;
  if (messages.length === 0) return <p className={styles.emptyPanel}>{t("chat.empty")}</p>;
  return (
    <div className={styles.messages}>
      <Checkbox
        className={styles.hide}
        label={t("chat.hide")}
        checked={hide}
        onChange={(event) => setHide(event.target.checked)}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
      <section ref={list} className={styles.scroll} tabIndex={0} aria-label={t("chat.title")}>
        {shown.length === 0 ? <p className={styles.emptyPanel}>{t("chat.hidden")}</p> : null}
        <ol className={styles.list}>
          {shown.map((message, index) => (
            <Entry
              key={message.id}
              player={player}
              message={message}
              state={index < past - 1 ? "past" : index === past - 1 ? "current" : "future"}
            />
          ))}
        </ol>
      </section>
    </div>
  );
}

interface EntryProps {
  player: ReplayPlayer;
  message: ReplayMessage;
  state: "past" | "current" | "future";
}

function Entry({ player, message, state }: EntryProps) {
  const { t } = useTranslation(["playback", "app"]);
  const playMs = player.timeline.toPlay(message.t);
  const leads = message.role === "trainer" || message.role === "co_trainer" || message.role === "speaker";
  return (
    <li>
      <button
        type="button"
        className={styles.entry}
        aria-current={state === "current" || undefined}
        data-state={state}
        onClick={() => player.seek(playMs)}
        data-testid="replay-chat-message"
      >
        <span className={styles.author}>
          <strong>{message.name}</strong>
          {leads ? <Tag>{t(`app:roles.${message.role}`)}</Tag> : null}
          <span className={styles.moment}>
            {clock(playMs)}
            <span className="visually-hidden">, {t("playback:chat.go")}</span>
          </span>
        </span>
        <span className={styles.text}>{frenchSpaces(message.text)}</span>
      </button>
    </li>
  );
}

/** Keeps the current message in sight, unless the person is busy in the list. Never moves the page itself. */
function useFollowing(past: number) {
  const list = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked up again each time another message becomes current.
  useEffect(() => {
    const box = list.current;
    if (!box || box.matches(":hover") || box.contains(document.activeElement)) return;
    const current = box.querySelector<HTMLElement>("[aria-current]");
    if (current) box.scrollTop = current.offsetTop - box.clientHeight / 2;
  }, [past]);
  return list;
}
