// One stay in one room: holds the socket, the two media connections and the stores together, and is what screens act on.
import { createStore } from "zustand/vanilla";
import { entryTicket, forgetStay, hasAcknowledged, keepStay, stayTicket, typedName } from "../../app/ticket";
import type { MessageId, ParticipantId } from "../../protocol/generated/id";
import type { Notice, Refusal, Request, Role } from "../../protocol/generated/protocol";
import { HEARTBEAT_MS, RoomSocket, type Stop, socketUrl } from "../../protocol/socket";
import { tick } from "../../protocol/ticker";
import { NetworkWatch } from "../../rtc/network";
import { Publisher } from "../../rtc/publish";
import { SocketSound } from "../../rtc/sound/socket-sound";
import { Subscriber } from "../../rtc/subscribe";
import { View } from "../../rtc/view";
import type { Path } from "../../rtc/way";
import { Ways } from "../../rtc/ways";
import * as chat from "../../store/chat";
import { createMedia, type RemoteTrack } from "../../store/media";
import { apply, createRoom, linked, ownPerson } from "../../store/room";
import { type Event, OwnSources, SOURCES } from "./own-sources";

/** Devices already running when the room is entered, from the lobby's preview. */
export interface Entering {
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
}

/** Nothing heard for that long while media is broken: the socket is taken for dead too. */
const SILENCE_MS = 5_000;

/** Missed notices have arrived by then. */
const RECONCILE_MS = 1_500;

export class Classroom {
  readonly room = createRoom();
  readonly media = createMedia();
  /** What is being written in the chat, kept while its panel is closed. */
  draft = "";
  /** The own microphone, camera and screen. */
  readonly sources: OwnSources;
  /** Whom this person chose to see large; the others see nothing of it. */
  readonly pinned = createStore<{ participant: ParticipantId | null }>(() => ({ participant: null }));
  /** What of the others is on this screen. */
  readonly view: View;
  #socket: RoomSocket;
  #publisher: Publisher;
  #subscriber: Subscriber;
  #ways = new Ways();
  #sound: SocketSound;
  #remote: Record<"byConnection" | "bySocket", RemoteTrack[]> = { byConnection: [], bySocket: [] };
  #listeners = new Set<(event: Event) => void>();
  #stopTicks: (() => void) | null = null;
  #beatAt = 0;
  #network = new NetworkWatch(() => {
    this.#moved = true;
    this.#socket.reconnect();
  });
  /** The network changed: paths are renewed at the next return. */
  #moved = false;
  /** False once a stay ticket was refused: the entry ticket is tried, once. */
  #stayUsable = true;

  constructor(
    readonly seance: string,
    private entering: Entering | null,
  ) {
    this.#socket = new RoomSocket(socketUrl(), {
      hello: () => ({
        ticket: this.#ticket(),
        name: typedName(seance),
        recordingAcknowledged: hasAcknowledged(seance),
      }),
      notice: (notice) => this.#hear(notice),
      sound: (message) => this.#sound.heard(message),
      link: (link) => this.room.setState((state) => linked(state, link, Date.now())),
      stop: (stop) => this.#stop(stop),
    });
    const send = this.#send;
    this.view = new View((tiles) => send({ type: "view", tiles }));
    const stalled = this.#stalled;
    this.#publisher = new Publisher(
      {
        send,
        stalled,
        unanswered: () => this.#tell({ what: "unanswered" }),
        transport: (publish) => this.media.setState({ publish }),
      },
      this.#ways,
    );
    this.sources = new OwnSources(
      this.media,
      this.#publisher,
      (event) => this.#tell(event),
      () => this.room.getState().stop !== null || this.room.getState().ending !== null,
    );
    this.#subscriber = new Subscriber(
      {
        send,
        stalled,
        transport: (subscribe) => this.media.setState({ subscribe }),
        unreceived: () => this.#tell({ what: "unreceived" }),
        tracks: (tracks) => this.#showRemote({ byConnection: tracks }),
      },
      this.#ways,
    );
    this.#sound = new SocketSound({
      send,
      sendSound: (message) => this.#socket.sendSound(message),
      tracks: (tracks) => this.#showRemote({ bySocket: tracks }),
      publisher: this.#publisher,
      media: this.media,
    });
  }

  /** A track that comes by the socket does not come by its media connection. */
  #showRemote(changed: Partial<Record<"byConnection" | "bySocket", RemoteTrack[]>>): void {
    this.#remote = { ...this.#remote, ...changed };
    const { byConnection, bySocket } = this.#remote;
    const remote = Object.fromEntries([...byConnection, ...bySocket].map((track) => [track.track, track]));
    this.media.setState({ remote });
  }

  start(): void {
    this.#socket.start();
    this.#stopTicks = tick(() => this.#tick());
    this.#network.start();
    document.addEventListener("visibilitychange", this.#visibilityChanged);
  }

  /** The screen goes away; the place is kept for a minute. */
  close(): void {
    this.#stopTicks?.();
    this.#stopTicks = null;
    this.#network.stop();
    document.removeEventListener("visibilitychange", this.#visibilityChanged);
    this.view.close();
    this.#socket.close();
    this.#endMedia();
  }

  /** Says when something happens that is no state. Returns what stops it. */
  onEvent(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // ── Acts ──────────────────────────────────────────────────────────────────────────────────────────────────────

  leave(): void {
    forgetStay(this.seance);
    this.#socket.leave();
  }

  /** "Continuer ici": takes the stay back from another window. */
  comeBack(): void {
    this.room.setState({ stop: null });
    this.#socket.forgetResume();
    this.#socket.start();
  }

  /** False when nothing could be sent; the screens are told. */
  act(request: Request): boolean {
    const sent = this.#socket.send(request);
    if (!sent) this.#tell({ what: "unsent" });
    return sent;
  }

  raiseHand(raised: boolean): void {
    this.act({ type: "raise_hand", raised });
  }

  giveFloor(participant: ParticipantId, role: Role): void {
    this.act({ type: "set_role", participant, role });
    if (role === "speaker") this.act({ type: "lower_hand", participant });
  }

  say(text: string): void {
    const clientId = crypto.randomUUID();
    this.#chat((now) => chat.written(now, clientId, text));
    this.#socket.send({ type: "chat_post", clientId, text });
  }

  retry(clientId: string): void {
    const pending = this.room.getState().chat.pending.find((message) => message.clientId === clientId);
    if (!pending) return;
    this.#chat((now) => chat.retried(now, clientId));
    this.#socket.send({ type: "chat_post", clientId, text: pending.text });
  }

  discard(clientId: string): void {
    this.#chat((now) => chat.discarded(now, clientId));
  }

  loadEarlier(): void {
    const { chat: known } = this.room.getState();
    const first = known.messages[0];
    if (!first || known.loadingEarlier || !this.act({ type: "chat_earlier", before: first.id })) return;
    this.#chat((now) => ({ ...now, loadingEarlier: true }));
  }

  deleteMessage(message: MessageId): void {
    this.act({ type: "chat_delete", message });
  }

  viewChat(inView: boolean): void {
    this.#chat((now) => chat.viewed(now, inView));
  }

  /** How many cameras are on screen decides how large the own one is sent. */
  setVisibleCameras(visibleCameras: number): void {
    void this.#publisher.setLoad({ visibleCameras, cores: navigator.hardwareConcurrency || 4 });
  }

  /** The way media takes now; null as long as none flows. */
  async path(): Promise<Path | null> {
    return (await this.#subscriber.path()) ?? (await this.#publisher.path());
  }

  /** Shows that person large, or again as the layout wants. */
  pin(participant: ParticipantId | null): void {
    this.pinned.setState({ participant });
  }

  setSoundBlocked(soundBlocked: boolean): void {
    if (this.media.getState().soundBlocked !== soundBlocked) this.media.setState({ soundBlocked });
  }

  // ── Notices ───────────────────────────────────────────────────────────────────────────────────────────────────

  #hear(notice: Notice): void {
    const before = this.room.getState();
    this.room.setState(apply(before, notice, Date.now()));
    switch (notice.type) {
      case "welcome":
        this.#ways.learn(notice.iceServers);
        this.#welcomed(notice.you.stay, notice.outageMs);
        break;
      case "waiting":
        keepStay(this.seance, notice.stay);
        this.#stayUsable = true;
        break;
      case "resumed":
        this.#resumed();
        break;
      case "person":
        if (notice.person.id === before.you?.participant) {
          const former = before.people.find((person) => person.id === notice.person.id);
          this.sources.obey(former, notice.person);
        }
        break;
      case "person_gone":
        if (notice.participant === before.you?.participant && notice.why === "removed") {
          this.#socket.finish({ why: "removed" });
        }
        break;
      case "permissions":
        this.sources.renounce(notice.publishable);
        if (notice.role === "speaker" && before.you?.role !== "speaker") this.#tell({ what: "floor" });
        break;
      case "publish_answer":
        this.#publisher.answered(notice);
        this.#sound.published(notice.tracks);
        break;
      case "encode":
        void this.#publisher.demand(notice.track, notice);
        break;
      case "sound":
        this.#sound.told(notice);
        break;
      case "subscribe_offer":
        this.#subscriber.offered(notice);
        break;
      case "media_lost":
        if (notice.connection === "publish") this.#publisher.rebuild(false);
        else {
          this.#subscriber.rebuild();
          this.#subscriber.restart();
        }
        break;
      case "refused":
        this.#refused(notice.request, notice.reason, notice.clientId);
        break;
      case "ended":
        // The stay ticket remains: it says whose presence "Ma présence" shows.
        this.#endMedia();
        break;
      default:
    }
  }

  #welcomed(stay: string, outageMs: number | null): void {
    keepStay(this.seance, stay);
    this.#stayUsable = true;
    this.#sound.greeted();
    this.#subscriber.rebuild();
    this.#publisher.rebuild(true);
    this.view.forget();
    this.#resend();
    if (outageMs) this.#tell({ what: "outage", ms: outageMs });
    const entering = this.entering;
    this.entering = null;
    if (entering?.microphone) void this.sources.take("microphone", entering.microphone);
    if (entering?.camera) void this.sources.take("camera", entering.camera);
  }

  /** Back in time: media goes on unless its path is gone; what was clicked meanwhile is told. */
  #resumed(): void {
    if (this.#moved) {
      this.#publisher.restart();
      this.#subscriber.restart();
    } else if (!this.#subscriber.healthy) this.#subscriber.restart();
    this.#moved = false;
    this.#publisher.resume();
    this.#sound.greeted();
    this.view.forget();
    this.#resend();
    setTimeout(() => this.sources.reconcile(ownPerson(this.room.getState()), this.#send), RECONCILE_MS);
  }

  #refused(request: string | null, refusal: Refusal, clientId: string | null): void {
    if (request === "publish")
      for (const source of this.#publisher.refuse()) void this.sources.withdraw(source);
    if (refusal.code === "removed") this.#socket.finish({ why: "removed" });
    else if (!clientId) this.#tell({ what: "refused", refusal });
  }

  #resend(): void {
    for (const { clientId, text, refusal } of this.room.getState().chat.pending) {
      if (!refusal) this.#socket.send({ type: "chat_post", clientId, text });
    }
  }

  #endMedia(): void {
    this.#sound.close();
    this.sources.stopAll();
    this.#publisher.close();
    this.#subscriber.close();
  }

  // ── Connection ────────────────────────────────────────────────────────────────────────────────────────────────

  #ticket(): string {
    const stay = this.#stayUsable ? stayTicket(this.seance) : null;
    return stay ?? entryTicket(this.seance) ?? "";
  }

  #stop(stop: Stop): void {
    const refusedStay =
      stop.why === "refused" &&
      this.#stayUsable &&
      stayTicket(this.seance) !== null &&
      aboutTicket(stop.refusal);
    if (refusedStay) {
      this.#stayUsable = false;
      forgetStay(this.seance);
      this.#socket.forgetResume();
      this.#socket.start();
      return;
    }
    if (stop.why !== "elsewhere" && stop.why !== "ended") forgetStay(this.seance);
    this.room.setState({ stop });
    if (stop.why === "elsewhere") this.#suspend();
    else this.#endMedia();
  }

  /** Another window goes on: devices stop here, and start again only by a click. */
  #suspend(): void {
    for (const source of SOURCES)
      if (this.media.getState().own[source].media) void this.sources.withdraw(source);
    this.#subscriber.rebuild();
    this.#publisher.rebuild(true);
  }

  #stalled = () => {
    if (this.#socket.link === "live" && performance.now() - this.#socket.heardAt > SILENCE_MS)
      this.#socket.reconnect();
  };
  #send = (request: Request) => this.#socket.send(request);

  #visibilityChanged = () => this.view.look();

  #tick(): void {
    const now = performance.now();
    // Ticks come every five seconds; half a second early is better than a tick late.
    if (now - this.#beatAt < HEARTBEAT_MS - 500) return;
    this.#beatAt = now;
    this.#socket.heartbeat();
  }

  // ── Stores ────────────────────────────────────────────────────────────────────────────────────────────────────

  #chat(change: (now: chat.Chat) => chat.Chat): void {
    this.room.setState((state) => ({ chat: change(state.chat) }));
  }

  #tell(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }
}

const aboutTicket = (refusal: Refusal) => refusal.code.startsWith("ticket_") || refusal.code === "not_joined";
