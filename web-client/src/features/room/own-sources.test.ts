import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Person } from "../../protocol/generated/protocol";
import { settle, stage, Track } from "../../rtc/browser.fake";
import { createMedia } from "../../store/media";
import { type Event, OwnSources } from "./own-sources";

/** A device that was asked for and has not answered yet. */
interface Asked {
  give: () => Track;
  deny: () => void;
}

let asked: Asked[];

beforeEach(() => {
  asked = [];
  const getUserMedia = () =>
    new Promise((give, refuse) => {
      asked.push({
        give: () => {
          const track = new Track();
          give({ getTracks: () => [track] });
          return track;
        },
        deny: () => refuse(Object.assign(new Error(), { name: "NotAllowedError" })),
      });
    });
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Somebody whose camera is on and published. */
async function withCamera() {
  const { publisher, sent, answer } = stage();
  const store = createMedia();
  const told: Event[] = [];
  const sources = new OwnSources(
    store,
    publisher,
    (event) => told.push(event),
    () => false,
  );
  void sources.toggleCamera();
  const camera = asked[0]?.give() as Track;
  await settle();
  await answer();
  sent.length = 0;
  return { sources, sent, told, camera, own: () => store.getState().own };
}

describe("one's own devices", () => {
  it("a camera that cannot be exchanged is off for the others too, and the person learns why", async () => {
    const { sources, sent, told, camera, own } = await withCamera();
    const changed = sources.changeDevice("camera");
    asked[1]?.deny();
    await changed;
    expect(camera.readyState).toBe("ended");
    expect(sent).toEqual([{ type: "mute", track: "track-camera", muted: true }]);
    expect(own().camera).toMatchObject({ on: false, busy: false, media: null, problem: "denied" });
    expect(told).toEqual([{ what: "device", source: "camera", problem: "denied" }]);
  });

  it("of two choices the last one wins, whichever device opens first", async () => {
    for (const order of [
      [1, 2],
      [2, 1],
    ]) {
      asked = [];
      const { sources, own, sent } = await withCamera();
      void sources.changeDevice("camera");
      void sources.changeDevice("camera");
      const opened = new Map(order.map((place) => [place, asked[place]?.give()]));
      await settle();
      expect(opened.get(1)?.readyState).toBe("ended");
      expect(opened.get(2)?.readyState).toBe("live");
      expect(own().camera).toMatchObject({ on: true, busy: false, media: opened.get(2) });
      expect(sent).toEqual([]);
    }
  });

  it("a first choice that fails late does not end the second", async () => {
    const { sources, own, told } = await withCamera();
    void sources.changeDevice("camera");
    void sources.changeDevice("camera");
    const second = asked[2]?.give();
    await settle();
    asked[1]?.deny();
    await settle();
    expect(own().camera).toMatchObject({ on: true, media: second, problem: null });
    expect(told).toEqual([]);
  });

  it("a device that opens after its person may no longer use it, or has left, is closed", async () => {
    for (const ends of ["renounce", "stopAll"] as const) {
      asked = [];
      const { sources, own } = await withCamera();
      void sources.changeDevice("camera");
      if (ends === "renounce") sources.renounce(["microphone"]);
      else sources.stopAll();
      const late = asked[1]?.give();
      await settle();
      expect(late?.readyState).toBe("ended");
      expect(own().camera).toMatchObject({ on: false, busy: false, media: null });
    }
  });

  it("a camera that a trainer stops while it is exchanged stays off", async () => {
    const { sources, own } = await withCamera();
    void sources.changeDevice("camera");
    const person = (muted: boolean) =>
      ({
        tracks: [{ track: "track-camera", source: "camera", muted, mutedByTrainer: muted }],
      }) as unknown as Person;
    sources.obey(person(false), person(true));
    const late = asked[1]?.give();
    await settle();
    expect(late?.readyState).toBe("ended");
    expect(own().camera).toMatchObject({ on: false, busy: false, media: null, mutedByTrainer: true });
  });

  it("a camera that is unplugged is off for the others", async () => {
    const { sent, told, camera, own } = await withCamera();
    camera.unplug();
    await settle();
    expect(sent).toEqual([{ type: "mute", track: "track-camera", muted: true }]);
    expect(own().camera).toMatchObject({ on: false, problem: "missing" });
    expect(told).toEqual([{ what: "device", source: "camera", problem: "missing" }]);
  });
});
