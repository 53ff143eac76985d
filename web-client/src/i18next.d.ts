import "i18next";
import type app from "./app/fr.json";
import type attendance from "./features/attendance/fr.json";
import type lobby from "./features/lobby/fr.json";
import type playback from "./features/playback/fr.json";
import type room from "./features/room/fr.json";

// French is the source: a key that fr.json does not have is a type error.
declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    resources: {
      app: typeof app;
      attendance: typeof attendance;
      lobby: typeof lobby;
      playback: typeof playback;
      room: typeof room;
    };
  }
}
