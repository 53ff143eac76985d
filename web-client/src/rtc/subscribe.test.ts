import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Request } from "../protocol/generated/protocol";
import { Connection } from "./browser.fake";
import { Subscriber } from "./subscribe";

/** A browser that takes only offers whose description is "good". */
class Choosy extends Connection {
  override async setRemoteDescription(description?: { sdp: string }) {
    if (description?.sdp !== "good") throw new Error("cannot be taken");
    this.signalingState = "have-remote-offer";
  }
  async createAnswer() {
    return { sdp: "answer" };
  }
  override async setLocalDescription(answer: { sdp: string }) {
    this.signalingState = "stable";
    this.localDescription = answer;
  }
  getTransceivers() {
    return this.transceivers;
  }
}

/** A server that makes an offer whenever one is asked for. */
function stage() {
  const sent: Request[] = [];
  let sdp = "bad";
  let told = 0;
  const subscriber: Subscriber = new Subscriber(
    {
      send: (request) => {
        sent.push(request);
        if (request.type === "subscribe_restart")
          subscriber.offered({ negotiation: sent.length, sdp, tracks: [] });
        return true;
      },
      transport: () => undefined,
      stalled: () => undefined,
      unreceived: () => {
        told += 1;
      },
      tracks: () => undefined,
    },
    { connect: () => new Choosy() as unknown as RTCPeerConnection, widen: () => undefined },
  );
  const asked = () => sent.filter(({ type }) => type === "subscribe_restart").length;
  const answers = () => sent.filter(({ type }) => type === "subscribe_answer").length;
  const become = (now: string) => {
    sdp = now;
  };
  return { subscriber, asked, answers, become, told: () => told };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("receiving", () => {
  it("asks again after longer and longer pauses for an offer that it can take, and says so once", async () => {
    const { subscriber, asked, answers, become, told } = stage();
    subscriber.offered({ negotiation: 1, sdp: "bad", tracks: [] });
    await vi.advanceTimersByTimeAsync(499);
    expect(asked()).toBe(0);
    const pauses = [];
    let before = 499;
    for (let elapsed = 500; elapsed < 200_000; elapsed += 500) {
      const known = asked();
      await vi.advanceTimersByTimeAsync(elapsed - before);
      before = elapsed;
      if (asked() > known) pauses.push(elapsed);
    }
    expect(pauses).toEqual([500, 1500, 3500, 7500, 15500, 31500, 61500, 91500, 121500, 151500, 181500]);
    expect(told()).toBe(1);
    become("good");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(answers()).toBe(1);
    become("bad");
    const known = asked();
    subscriber.offered({ negotiation: 99, sdp: "bad", tracks: [] });
    await vi.advanceTimersByTimeAsync(500);
    expect(asked()).toBe(known + 1);
    subscriber.close();
  });

  it("takes no offer made for the connection that is gone, until it has asked for another", async () => {
    const { subscriber, answers, asked, become } = stage();
    subscriber.offered({ negotiation: 1, sdp: "bad", tracks: [] });
    await vi.advanceTimersByTimeAsync(100);
    subscriber.offered({ negotiation: 2, sdp: "good", tracks: [] });
    await vi.advanceTimersByTimeAsync(100);
    expect(answers()).toBe(0);
    become("good");
    await vi.advanceTimersByTimeAsync(300);
    expect([asked(), answers()]).toEqual([1, 1]);
    subscriber.close();
  });

  it("asks for nothing any more once it is closed", async () => {
    const { subscriber, asked } = stage();
    subscriber.offered({ negotiation: 1, sdp: "bad", tracks: [] });
    await vi.advanceTimersByTimeAsync(100);
    subscriber.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBe(0);
  });
});
