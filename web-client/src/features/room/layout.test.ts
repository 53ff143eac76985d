import { describe, expect, it } from "vitest";
import type { Person, PersonTrack, Role, Source } from "../../protocol/generated/protocol";
import {
  type Cast,
  focuses,
  gridPage,
  ordered,
  PAGE_NARROW,
  screenStrip,
  sharing,
  speakerFocus,
  tileSize,
} from "./layout";

const track = (source: Source, muted = false): PersonTrack => ({
  track: source,
  source,
  muted,
  mutedByTrainer: false,
});
const person = (id: string, role: Role = "participant", tracks: PersonTrack[] = []): Person => ({
  id,
  name: id,
  role,
  connected: true,
  handRaised: false,
  tracks,
});
const cast = (people: Person[], changes: Partial<Cast> = {}): Cast => ({
  people,
  own: "me",
  lastSpeaker: null,
  hands: [],
  pinned: null,
  ...changes,
});
const ids = (people: readonly Person[]) => people.map(({ id }) => id);

describe("order", () => {
  it("puts trainers, cameras, hands and microphones first, and leaves observers out", () => {
    const people = [
      person("me"),
      { ...person("lost", "trainer", [track("camera")]), connected: false },
      person("watcher", "observer"),
      person("voice", "participant", [track("microphone")]),
      person("hand"),
      person("face", "participant", [track("camera")]),
      person("hidden", "participant", [track("camera", true)]),
      person("trainer", "trainer"),
      person("office", "organiser"),
    ];
    expect(ids(ordered(cast(people, { hands: ["hand"] })))).toEqual([
      "trainer",
      "face",
      "hand",
      "voice",
      "me",
      "hidden",
      "lost",
    ]);
  });
});

describe("grid", () => {
  const crowd = Array.from({ length: 14 }, (_, rank) => person(`p${rank}`));

  it("pages, and stays in range when people go", () => {
    expect(ids(gridPage(cast(crowd), 2, PAGE_NARROW).tiles)).toEqual(["p12", "p13"]);
    expect(gridPage(cast(crowd.slice(0, 3)), 2, PAGE_NARROW)).toMatchObject({ page: 0, pages: 1 });
  });

  it("shows whoever speaks on the first page", () => {
    const { tiles } = gridPage(cast(crowd, { lastSpeaker: "p11" }), 0, PAGE_NARROW);
    expect(ids(tiles)).toEqual(["p0", "p1", "p2", "p3", "p4", "p11"]);
  });
});

describe("one large", () => {
  const people = [person("me"), person("trainer", "trainer"), person("luc"), person("anne")];

  it("is who spoke last, else the trainer, never oneself while others are there", () => {
    expect(speakerFocus(cast(people, { lastSpeaker: "luc" })).main?.id).toBe("luc");
    expect(speakerFocus(cast(people)).main?.id).toBe("trainer");
    expect(speakerFocus(cast(people, { own: "trainer" })).main?.id).toBe("me");
    expect(speakerFocus(cast([person("me")])).main?.id).toBe("me");
  });

  it("is whoever was chosen, as long as they are there", () => {
    const chosen = { lastSpeaker: "luc", pinned: "anne" };
    expect(speakerFocus(cast(people, chosen)).main?.id).toBe("anne");
    expect(ids(screenStrip(cast(people, chosen))).slice(0, 2)).toEqual(["anne", "luc"]);
    expect(focuses(cast(people, chosen), "grid")).toBe(true);
    const gone = cast(people, { ...chosen, pinned: "zoe" });
    expect(speakerFocus(gone).main?.id).toBe("luc");
    expect(focuses(gone, "grid")).toBe(false);
  });

  it("beside a screen, the voice comes first", () => {
    expect(ids(screenStrip(cast(people, { lastSpeaker: "anne" })))[0]).toBe("anne");
  });

  it("finds the shared screen", () => {
    expect(sharing([...people, person("zoe", "speaker", [track("screen")])])?.id).toBe("zoe");
    expect(sharing(people)).toBeUndefined();
  });
});

describe("tile size", () => {
  it("fills the stage and stays in it", () => {
    for (const count of [1, 2, 3, 5, 6, 9, 16]) {
      const { width, height } = tileSize(count, 960, 590, 8);
      expect(width).toBeGreaterThan(100);
      const columns = Math.floor((960 + 8) / (width + 8));
      const rows = Math.ceil(count / columns);
      expect(rows * height + (rows - 1) * 8).toBeLessThanOrEqual(590);
      expect(width / height).toBeLessThanOrEqual(16 / 9 + 0.02);
      expect(width / height).toBeGreaterThanOrEqual(4 / 3 - 0.02);
    }
  });

  it("puts two side by side on a wide stage", () => {
    expect(2 * tileSize(2, 962, 646, 8).width + 8).toBeGreaterThan(900);
  });

  it("stacks two on a phone held upright", () => {
    const { width } = tileSize(2, 374, 640, 8);
    expect(width).toBeGreaterThan(300);
  });

  it("is nothing before the stage is measured", () => {
    expect(tileSize(4, 0, 0, 8)).toEqual({ width: 0, height: 0 });
  });
});
