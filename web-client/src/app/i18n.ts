import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "./en.json";
import fr from "./fr.json";

export const LANGUAGES = ["fr", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const KEY = "preau:language";

function saved(): Language {
  try {
    return localStorage.getItem(KEY) === "en" ? "en" : "fr";
  } catch {
    return "fr";
  }
}

void i18next.use(initReactI18next).init({
  lng: saved(),
  fallbackLng: "fr",
  ns: ["app"],
  defaultNS: "app",
  resources: { fr: { app: fr }, en: { app: en } },
  interpolation: { escapeValue: false },
  react: { useSuspense: false },
});

export const language = (): Language => (i18next.language === "en" ? "en" : "fr");

const tell = () => {
  if (typeof document !== "undefined") document.documentElement.lang = language();
};
tell();
i18next.on("languageChanged", tell);

/** Adds the words of a feature; called once at the head of the feature's first module. */
export function addWords(feature: string, words: { fr: object; en: object }): void {
  i18next.addResourceBundle("fr", feature, words.fr);
  i18next.addResourceBundle("en", feature, words.en);
}

export async function chooseLanguage(choice: Language): Promise<void> {
  await i18next.changeLanguage(choice);
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
