// What a browser gives, for tests of what is made with it: connections, devices and their tracks.
import type { AnsweredTrack, PublishedSource, Request } from "../protocol/generated/protocol";
import { Publisher } from "./publish";

/** The browser's connection, as far as publishing needs it: it refuses offers that cross, like a real one. */
export class Connection extends EventTarget {
  connectionState: RTCPeerConnectionState = "new";
  signalingState = "stable";
  localDescription: { sdp: string } | null = null;
  transceivers: {
    mid: string | null;
    sender: {
      track: unknown;
      replaceTrack: (track: unknown) => Promise<void>;
      getParameters: () => { encodings: RTCRtpEncodingParameters[] };
    };
  }[] = [];
  offers: RTCOfferOptions[] = [];
  closed = false;

  addTransceiver(track: unknown, init: RTCRtpTransceiverInit) {
    let parameters = { encodings: init.sendEncodings ?? [] };
    const sender = {
      track,
      replaceTrack: async (other: unknown) => {
        sender.track = other;
      },
      getParameters: () => structuredClone(parameters),
      setParameters: async (wanted: typeof parameters) => {
        parameters = wanted;
      },
    };
    const transceiver = { mid: null as string | null, sender };
    this.transceivers.push(transceiver);
    return transceiver;
  }
  async createOffer(options: RTCOfferOptions) {
    this.offers.push(options);
    return { sdp: `offer ${this.offers.length}` };
  }
  async setLocalDescription(offer: { sdp: string }) {
    if (this.signalingState !== "stable" && this.signalingState !== "have-local-offer")
      throw new Error("crossed");
    this.signalingState = "have-local-offer";
    this.localDescription = offer;
    for (const [rank, transceiver] of this.transceivers.entries()) transceiver.mid ??= String(rank);
  }
  async setRemoteDescription() {
    if (this.signalingState !== "have-local-offer") throw new Error("no offer to answer");
    this.signalingState = "stable";
    this.connectionState = "connected";
  }
  close() {
    this.closed = true;
    this.connectionState = "closed";
  }
}

/** The track of a device: it runs until it is stopped, or until `unplug`. */
export class Track extends EventTarget {
  enabled = true;
  readyState: MediaStreamTrackState = "live";
  contentHint = "";
  getSettings() {
    return { height: 720 };
  }
  stop() {
    this.readyState = "ended";
  }
  unplug() {
    this.stop();
    this.dispatchEvent(new Event("ended"));
  }
}

export const media = () => new Track() as unknown as MediaStreamTrack;

/** Lets everything happen that waits for nothing from outside. */
export const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A publisher, the connections it makes and what it tells a server that answers when told to. */
export function stage() {
  const connections: Connection[] = [];
  const sent: Request[] = [];
  let online = true;
  let unanswered = 0;
  const publisher = new Publisher(
    {
      send: (request) => {
        if (online) sent.push(request);
        return online;
      },
      transport: () => undefined,
      stalled: () => undefined,
      unanswered: () => {
        unanswered += 1;
      },
    },
    {
      connect: () => {
        const connection = new Connection();
        connections.push(connection);
        return connection as unknown as RTCPeerConnection;
      },
      widen: () => undefined,
    },
  );
  const offers = () => sent.filter((request) => request.type === "publish");
  const tracksOf = (sources: PublishedSource[]): AnsweredTrack[] =>
    sources.map(({ mid, source }) => ({ mid, source, track: `track-${source}` }));
  const answer = async () => {
    const last = offers().at(-1);
    publisher.answered({
      negotiation: last?.negotiation ?? 0,
      sdp: "answer",
      tracks: tracksOf(last?.tracks ?? []),
    });
    await settle();
  };
  const setOnline = (now: boolean) => {
    online = now;
  };
  return { publisher, connections, sent, offers, answer, setOnline, told: () => unanswered };
}
