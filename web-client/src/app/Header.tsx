import { Languages, SunMoon } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { Button } from "../ui/Button";
import { toast } from "../ui/toast";
import styles from "./app.module.css";
import { chooseLanguage, language } from "./i18n";
import { chooseTheme, THEMES, theme } from "./theme";

/** The name of the product, then settings that everybody may need at once. */
export function Header({ actions }: { actions?: ReactNode }) {
  return (
    <header className={styles.header}>
      <span className={styles.brand}>
        <Logo />
        Préau
      </span>
      <div className={styles.headerActions}>
        {actions}
        <ThemeSwitch />
        <LanguageSwitch />
      </div>
    </header>
  );
}

export function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" className={styles.logo}>
      <rect width="32" height="32" rx="9" fill="#2c4093" />
      <path
        d="M6.5 15.5 16 8l9.5 7.5"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path d="M9.5 16.5V24M22.5 16.5V24" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
      <circle cx="16" cy="19.5" r="3" fill="#f2b134" />
    </svg>
  );
}

export function LanguageSwitch() {
  const { t } = useTranslation("app");
  const other = language() === "fr" ? "en" : "fr";
  return (
    <Button
      look="quiet"
      size="small"
      icon={<Languages aria-hidden="true" />}
      onPress={() => void chooseLanguage(other)}
      data-testid="language-switch"
    >
      <span lang={other} className={styles.wideWords}>
        {t("otherLanguage")}
      </span>
    </Button>
  );
}

/** Goes round the themes; the name of the new one is said. */
export function ThemeSwitch() {
  const { t } = useTranslation("app");
  const current = useStore(theme, (state) => state.theme);
  const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? "system";
  return (
    <Button
      look="quiet"
      size="small"
      icon={<SunMoon aria-hidden="true" />}
      aria-label={t("theme.switch", { theme: t(`theme.${current}`) })}
      onPress={() => {
        chooseTheme(next);
        toast(t("theme.now", { theme: t(`theme.${next}`) }));
      }}
      data-testid="theme-switch"
    >
      <span className={styles.wideOnly}>{t(`theme.${current}`)}</span>
    </Button>
  );
}
