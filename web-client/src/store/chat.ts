import type { MessageId } from "../protocol/generated/id";
import type { ChatMessage, ChatPage, Refusal } from "../protocol/generated/protocol";

/** How many messages a page keeps in view; older ones are asked for. */
export const WINDOW = 150;

/** A message of one's own on its way. */
export interface PendingMessage {
  clientId: string;
  text: string;
  /** Set when the server refused it: it waits for a retry. */
  refusal: Refusal | null;
}

export interface Chat {
  /** Oldest first. */
  messages: ChatMessage[];
  /** True when older messages exist. */
  more: boolean;
  loadingEarlier: boolean;
  pending: PendingMessage[];
  /** Messages of others that arrived while the chat was not in view. */
  unread: number;
  inView: boolean;
}

export const emptyChat: Chat = {
  messages: [],
  more: false,
  loadingEarlier: false,
  pending: [],
  unread: 0,
  inView: false,
};

/** The history of `welcome` replaces what was known; own messages still on their way stay unless they arrived. */
export function welcomed(chat: Chat, page: ChatPage): Chat {
  const arrived = new Set(page.messages.map((message) => message.clientId));
  return {
    ...chat,
    messages: page.messages.slice(-WINDOW),
    more: page.more || page.messages.length > WINDOW,
    loadingEarlier: false,
    pending: chat.pending.filter((pending) => !arrived.has(pending.clientId)),
  };
}

export function posted(chat: Chat, message: ChatMessage, own: boolean): Chat {
  if (chat.messages.some((known) => known.id === message.id)) return chat;
  const messages = [...chat.messages, message];
  // Earlier pages that were asked for stay as long as the chat is being read.
  const trimmed = chat.inView || messages.length <= WINDOW ? messages : messages.slice(-WINDOW);
  return {
    ...chat,
    messages: trimmed,
    more: chat.more || trimmed.length < messages.length,
    pending: chat.pending.filter((pending) => pending.clientId !== message.clientId),
    unread: own || chat.inView ? chat.unread : chat.unread + 1,
  };
}

export function deleted(chat: Chat, id: MessageId): Chat {
  return { ...chat, messages: chat.messages.filter((message) => message.id !== id) };
}

/** An earlier page goes in front, without the messages already known. */
export function earlier(chat: Chat, page: ChatPage): Chat {
  const known = new Set(chat.messages.map((message) => message.id));
  return {
    ...chat,
    messages: [...page.messages.filter((message) => !known.has(message.id)), ...chat.messages],
    more: page.more,
    loadingEarlier: false,
  };
}

export function written(chat: Chat, clientId: string, text: string): Chat {
  return { ...chat, pending: [...chat.pending, { clientId, text, refusal: null }] };
}

export function refused(chat: Chat, clientId: string, refusal: Refusal): Chat {
  return {
    ...chat,
    pending: chat.pending.map((pending) =>
      pending.clientId === clientId ? { ...pending, refusal } : pending,
    ),
  };
}

export function retried(chat: Chat, clientId: string): Chat {
  return {
    ...chat,
    pending: chat.pending.map((pending) =>
      pending.clientId === clientId ? { ...pending, refusal: null } : pending,
    ),
  };
}

export function discarded(chat: Chat, clientId: string): Chat {
  return { ...chat, pending: chat.pending.filter((pending) => pending.clientId !== clientId) };
}

export function viewed(chat: Chat, inView: boolean): Chat {
  if (chat.inView === inView && (!inView || chat.unread === 0)) return chat;
  return { ...chat, inView, unread: inView ? 0 : chat.unread };
}
