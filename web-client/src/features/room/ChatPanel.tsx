import { ArrowDown, RotateCcw, SendHorizontal, Trash2 } from "lucide-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { frenchSpaces, timeOfDay } from "../../app/dates";
import { useRefusalWords } from "../../app/refusal";
import type { ChatMessage } from "../../protocol/generated/protocol";
import type { PendingMessage } from "../../store/chat";
import { leads, may } from "../../store/room";
import { Button, IconButton } from "../../ui/Button";
import { Tag } from "../../ui/Card";
import styles from "./chat.module.css";
import { useClassroom, useRoom } from "./context";
import { linked } from "./links";

const MAX_CHARS = 2_000;
/** The count is shown when the end comes near. */
const COUNT_FROM = 1_800;
/** Within that many pixels of the end, new messages are followed. */
const NEAR_PX = 48;

/** What is written to everybody: history, own messages on their way, and the line to write. */
export function ChatPanel() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const chat = useRoom((state) => state.chat);
  const zone = useRoom((state) => state.seance?.timeZone ?? "Europe/Paris");
  const mayWrite = useRoom((state) => may(state, "chat"));
  const { log, atEnd, toEnd } = useFollow(chat.messages, chat.pending.length);
  return (
    <div className={styles.chat}>
      <div
        ref={log}
        className={styles.log}
        role="log"
        aria-live="off"
        aria-label={t("chat.log")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
      >
        {chat.more ? (
          <Button
            size="small"
            look="quiet"
            wide
            isPending={chat.loadingEarlier}
            onPress={() => classroom.loadEarlier()}
            data-testid="chat-earlier"
          >
            {t("chat.earlier")}
          </Button>
        ) : null}
        {chat.messages.length === 0 && chat.pending.length === 0 ? (
          <p className={styles.empty}>{t("chat.empty")}</p>
        ) : null}
        {chat.messages.map((message) => (
          <Message key={message.id} message={message} zone={zone} />
        ))}
        {chat.pending.map((pending) => (
          <Pending key={pending.clientId} pending={pending} />
        ))}
      </div>
      {atEnd ? null : (
        <div className={styles.toEnd}>
          <Button size="small" look="primary" icon={<ArrowDown aria-hidden="true" />} onPress={toEnd}>
            {t("chat.toEnd")}
          </Button>
        </div>
      )}
      {mayWrite ? <Composer /> : <p className={styles.readOnly}>{t("chat.readOnly")}</p>}
    </div>
  );
}

/** Follows the end while the reader is there, and holds the place when earlier messages come in front. */
function useFollow(messages: readonly ChatMessage[], pending: number) {
  const log = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const following = useRef(true);
  const before = useRef({ first: "", height: 0 });

  useEffect(() => {
    const element = log.current;
    if (!element) return;
    const look = () => {
      following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
      setAtEnd(following.current);
    };
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a message on its way also moves the end
  useLayoutEffect(() => {
    const element = log.current;
    if (!element) return;
    const first = messages[0]?.id ?? "";
    if (following.current) element.scrollTop = element.scrollHeight;
    else if (first !== before.current.first && before.current.first) {
      element.scrollTop += element.scrollHeight - before.current.height;
    }
    before.current = { first, height: element.scrollHeight };
  }, [messages, pending]);

  const toEnd = () => log.current?.scrollTo({ top: log.current.scrollHeight });
  return { log, atEnd, toEnd };
}

function Message({ message, zone }: { message: ChatMessage; zone: string }) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const mayDelete = useRoom((state) => may(state, "delete_chat"));
  return (
    <article className={styles.message} data-testid="chat-message">
      <p className={styles.by}>
        <strong>{message.name}</strong>
        {leads(message.role) ? <Tag>{t(`role.${message.role}`)}</Tag> : null}
        <time dateTime={message.at}>{timeOfDay(message.at, zone)}</time>
      </p>
      <p className={styles.text}>{linked(frenchSpaces(message.text))}</p>
      {mayDelete ? (
        <IconButton
          className={styles.delete}
          size="small"
          label={t("chat.delete", { name: message.name })}
          icon={<Trash2 aria-hidden="true" />}
          onPress={() => classroom.deleteMessage(message.id)}
        />
      ) : null}
    </article>
  );
}

function Pending({ pending }: { pending: PendingMessage }) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const refusalWords = useRefusalWords();
  const lost = useRoom((state) => state.link !== "live");
  return (
    <article className={styles.message} data-pending data-testid="chat-pending">
      <p className={styles.text}>{frenchSpaces(pending.text)}</p>
      {pending.refusal ? (
        <div className={styles.failed}>
          <p role="alert">{refusalWords(pending.refusal)}</p>
          <Button
            size="small"
            icon={<RotateCcw aria-hidden="true" />}
            onPress={() => classroom.retry(pending.clientId)}
            data-testid="chat-retry"
          >
            {t("chat.retry")}
          </Button>
          <Button size="small" look="quiet" onPress={() => classroom.discard(pending.clientId)}>
            {t("chat.discard")}
          </Button>
        </div>
      ) : (
        <p className={styles.by}>{lost ? t("chat.waiting") : t("chat.sending")}</p>
      )}
    </article>
  );
}

function Composer() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const [text, setText] = useState(classroom.draft);
  classroom.draft = text;
  const input = useRef<HTMLTextAreaElement>(null);
  const left = MAX_CHARS - [...text].length;

  const send = () => {
    const trimmed = text.trim();
    if (trimmed === "" || left < 0) return;
    classroom.say(trimmed);
    setText("");
    input.current?.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={input}
        className={styles.input}
        rows={1}
        value={text}
        placeholder={t("chat.placeholder")}
        aria-label={t("chat.placeholder")}
        aria-describedby={left < MAX_CHARS - COUNT_FROM ? "chat-left" : undefined}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKey}
        data-testid="chat-input"
      />
      <IconButton
        type="submit"
        look="primary"
        label={t("chat.send")}
        isDisabled={text.trim() === "" || left < 0}
        icon={<SendHorizontal aria-hidden="true" />}
        data-testid="chat-send"
      />
      {left < MAX_CHARS - COUNT_FROM ? (
        <p id="chat-left" className={styles.left} data-over={left < 0 || undefined}>
          {t("chat.left", { count: left })}
        </p>
      ) : null}
    </form>
  );
}
