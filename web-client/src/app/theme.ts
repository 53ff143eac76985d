import { createStore } from "zustand/vanilla";

export const THEMES = ["system", "light", "dark", "contrast"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "preau:theme";

function saved(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === value) ?? "system";
  } catch {
    return "system";
  }
}

export const theme = createStore<{ theme: Theme }>(() => ({ theme: "system" }));

/** Puts the choice on the document; "system" leaves it to the style sheet. */
function show(choice: Theme): void {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
}

export function applyTheme(): void {
  const choice = saved();
  theme.setState({ theme: choice });
  show(choice);
}

export function chooseTheme(choice: Theme): void {
  theme.setState({ theme: choice });
  show(choice);
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
