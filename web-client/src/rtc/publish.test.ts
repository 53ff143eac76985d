import { describe, expect, it, vi } from "vitest";
import { media, settle, stage } from "./browser.fake";

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

  it("publishes a camera that was off when its connection was lost", async () => {
    const { publisher, sent, offers, answer } = stage();
    void publisher.put("camera", media(), false);
    await settle();
    await answer();
    await publisher.put("camera", null, true);
    publisher.rebuild(false);
    await settle();
    expect(offers()).toHaveLength(1);
    sent.length = 0;
    void publisher.put("camera", media(), false);
    await settle();
    expect(sent).toMatchObject([{ type: "publish", tracks: [{ source: "camera", muted: false }] }]);
  });

  it("keeps the microphone that goes by the page's socket when its connection is lost", async () => {
    const { publisher, sent } = stage();
    const voice = media();
    publisher.withhold(true);
    void publisher.put("microphone", voice, false);
    publisher.adopt("by-socket");
    publisher.rebuild(false);
    await settle();
    await publisher.put("microphone", voice, true);
    expect(sent.at(-1)).toEqual({ type: "mute", track: "by-socket", muted: true });
  });

  it("sends an offer again while no answer comes, says so once, and takes a late answer", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const { publisher, offers, answer, told, connections, sent } = stage();
      void publisher.put("camera", media(), false);
      await settle();
      for (let n = 0; n < 4; n += 1) vi.advanceTimersByTime(10_000);
      expect(offers()).toHaveLength(5);
      expect(new Set(offers().map((offer) => JSON.stringify(offer))).size).toBe(1);
      expect(told()).toBe(1);
      await answer();
      expect(connections[0]?.signalingState).toBe("stable");
      vi.advanceTimersByTime(60_000);
      expect(offers()).toHaveLength(5);
      await publisher.put("camera", null, true);
      expect(sent.at(-1)).toEqual({ type: "mute", track: "track-camera", muted: true });
    } finally {
      vi.useRealTimers();
    }
  });

  it("does not take the answer to a former offer for that to another", async () => {
    const { publisher, offers, answer, connections } = stage();
    void publisher.put("microphone", media(), false);
    await settle();
    publisher.rebuild(true);
    await settle();
    const [former, last] = offers();
    expect(last?.negotiation).not.toBe(former?.negotiation);
    publisher.answered({ negotiation: former?.negotiation ?? 0, sdp: "late", tracks: [] });
    await settle();
    expect(connections[1]?.signalingState).toBe("have-local-offer");
    await answer();
    expect(connections[1]?.signalingState).toBe("stable");
  });
});
