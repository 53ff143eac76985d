import "i18next";
import type app from "./app/fr.json";
import type attendance from "./features/attendance/fr.json";
import type attestation from "./features/attestation/fr.json";
import type emargement from "./features/emargement/fr.json";
import type enrolment from "./features/enrolment/fr.json";
import type gaia from "./features/gaia/fr.json";
import type home from "./features/home/fr.json";
import type hours from "./features/hours/fr.json";
import type lobby from "./features/lobby/fr.json";
import type login from "./features/login/fr.json";
import type people from "./features/people/fr.json";
import type planning from "./features/planning/fr.json";
import type playback from "./features/playback/fr.json";
import type privacy from "./features/privacy/fr.json";
import type room from "./features/room/fr.json";
import type school from "./features/school/fr.json";
import type supervision from "./features/supervision/fr.json";

// French is the source: a key that fr.json does not have is a type error.
declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    resources: {
      app: typeof app;
      attendance: typeof attendance;
      attestation: typeof attestation;
      emargement: typeof emargement;
      enrolment: typeof enrolment;
      gaia: typeof gaia;
      home: typeof home;
      hours: typeof hours;
      lobby: typeof lobby;
      login: typeof login;
      people: typeof people;
      planning: typeof planning;
      playback: typeof playback;
      privacy: typeof privacy;
      room: typeof room;
      school: typeof school;
      supervision: typeof supervision;
    };
  }
}
