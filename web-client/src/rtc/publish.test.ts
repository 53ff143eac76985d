import { describe, expect, it } from "vitest";
import type { AnsweredTrack, PublishedSource, Request } from "../protocol/generated/protocol";
import { Publisher } from "./publish";

/** The browser's connection, as far as publishing needs it: it refuses offers that cross, like a real one. */
class Connection extends EventTarget {
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

const media = () => ({ enabled: true, getSettings: () => ({ height: 720 }) }) as unknown as MediaStreamTrack;
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function stage() {
  const connections: Connection[] = [];
  const sent: Request[] = [];
  let online = true;
  const publisher = new Publisher(
    {
      send: (request) => {
        if (online) sent.push(request);
        return online;
      },
      transport: () => undefined,
      stalled: () => undefined,
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
    publisher.answered("answer", tracksOf(last?.tracks ?? []));
    await settle();
  };
  const setOnline = (now: boolean) => {
    online = now;
  };
  return { publisher, connections, sent, offers, answer, setOnline };
}

describe("publishing", () => {
  it("offers one at a time: a camera clicked during a negotiation waits for the answer", async () => {
    const { publisher, offers, answer, connections } = stage();
    void publisher.put("microphone", media(), false);
    await settle();
    void publisher.put("camera", media(), false);
    void publisher.put("screen", media(), false);
    await settle();
    expect(offers()).toHaveLength(1);
    await answer();
    expect(offers().map(({ tracks }) => tracks.map(({ source }) => source))).toEqual([
      ["microphone"],
      ["microphone", "camera", "screen"],
    ]);
    expect(connections).toHaveLength(1);
  });

  it("repeats a mute that was clicked while the answer was on its way", async () => {
    const { publisher, sent, answer } = stage();
    const voice = media();
    void publisher.put("microphone", voice, false);
    await settle();
    void publisher.put("microphone", voice, true);
    expect(voice.enabled).toBe(false);
    await answer();
    expect(sent.at(-1)).toEqual({ type: "mute", track: "track-microphone", muted: true });
  });

  it("takes back what was stopped before its answer came", async () => {
    const { publisher, sent, answer } = stage();
    void publisher.put("screen", media(), false);
    await settle();
    void publisher.take("screen");
    await answer();
    expect(sent.at(-1)).toEqual({ type: "unpublish", track: "track-screen" });
  });

  it("uses the same section for the next share", async () => {
    const { publisher, connections, offers, answer } = stage();
    void publisher.put("screen", media(), false);
    await settle();
    await answer();
    await publisher.take("screen");
    void publisher.put("screen", media(), false);
    await settle();
    expect(connections[0]?.transceivers).toHaveLength(1);
    expect(offers().at(-1)?.tracks).toEqual([{ mid: "0", source: "screen", muted: false }]);
  });

  it("says which sources a refusal was about, and can offer again", async () => {
    const { publisher, offers, answer } = stage();
    void publisher.put("microphone", media(), false);
    await settle();
    await answer();
    void publisher.put("screen", media(), false);
    await settle();
    expect(publisher.refuse()).toEqual(["screen"]);
    await publisher.take("screen");
    void publisher.put("camera", media(), false);
    await settle();
    expect(
      offers()
        .at(-1)
        ?.tracks.map(({ source }) => source),
    ).toEqual(["microphone", "camera"]);
  });

  it("publishes everything again on a new connection when the server starts anew", async () => {
    const { publisher, connections, offers, answer } = stage();
    void publisher.put("microphone", media(), true);
    void publisher.put("camera", media(), false);
    await settle();
    await answer();
    publisher.rebuild(true);
    await settle();
    expect(connections).toHaveLength(2);
    expect(connections[0]?.closed).toBe(true);
    expect(offers().at(-1)?.tracks).toEqual([
      { mid: "0", source: "microphone", muted: true },
      { mid: "1", source: "camera", muted: false },
    ]);
  });

  it("offers after a cut what could not be offered during it", async () => {
    const { publisher, offers, answer, setOnline } = stage();
    void publisher.put("microphone", media(), false);
    await settle();
    await answer();
    setOnline(false);
    void publisher.put("camera", media(), false);
    await settle();
    expect(offers()).toHaveLength(1);
    setOnline(true);
    publisher.resume();
    await settle();
    expect(
      offers()
        .at(-1)
        ?.tracks.map(({ source }) => source),
    ).toEqual(["microphone", "camera"]);
  });

  it("offers again when the answer was lost with the socket", async () => {
    const { publisher, offers, connections } = stage();
    void publisher.put("microphone", media(), false);
    await settle();
    publisher.resume();
    await settle();
    expect(offers()).toHaveLength(2);
    expect(connections[0]?.offers.at(-1)?.iceRestart).toBe(true);
  });

  it("renews its path on the same connection", async () => {
    const { publisher, connections, answer } = stage();
    void publisher.put("microphone", media(), false);
    await settle();
    await answer();
    publisher.restart();
    await settle();
    expect(connections).toHaveLength(1);
    expect(connections[0]?.offers.at(-1)).toEqual({ iceRestart: true });
  });

  it("rests the encodings that nobody watches, without an offer, until a new connection", async () => {
    const { publisher, connections, offers, answer } = stage();
    void publisher.put("camera", media(), false);
    await settle();
    await answer();
    const active = (connection: number) =>
      connections[connection]?.transceivers[0]?.sender
        .getParameters()
        .encodings.filter((encoding) => encoding.active)
        .map(({ rid }) => rid);
    expect(active(0)).toContain("m");
    await publisher.demand("track-camera", { watched: true, rids: ["l"] });
    expect(active(0)).toEqual(["l"]);
    await publisher.setLoad({ visibleCameras: 9, cores: 8 });
    expect(active(0)).toEqual(["l"]);
    await publisher.demand("track-camera", { watched: false, rids: [] });
    expect(active(0)).toEqual([]);
    expect(offers()).toHaveLength(1);
    publisher.rebuild(false);
    await settle();
    expect(active(1)).toContain("m");
  });
});
