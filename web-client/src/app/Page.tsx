import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import styles from "./app.module.css";
import { Header } from "./Header";

/** Puts the name of the screen into the title of the window. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "Préau" ? title : `${title} – Préau`;
  }, [title]);
}

let first = true;

/** A screen that replaces another takes the focus, which would be lost with what was pressed. Not at the first load. */
export function useFocusOnArrival(): void {
  useEffect(() => {
    const arrived = !first;
    first = false;
    if (arrived && document.activeElement === document.body) document.getElementById("main")?.focus();
  }, []);
}

interface PageProps {
  title: string;
  /** Buttons of the page, at the end of the header. */
  actions?: ReactNode;
  children: ReactNode;
}

/** A paper page: skip link, header, one main region. The room has its own frame. */
export function Page({ title, actions, children }: PageProps) {
  const { t } = useTranslation("app");
  useTitle(title);
  useFocusOnArrival();
  return (
    <>
      <a className="skip-link" href="#main">
        {t("skip")}
      </a>
      <Header actions={actions} />
      <main id="main" tabIndex={-1} className={styles.main}>
        {children}
      </main>
    </>
  );
}
