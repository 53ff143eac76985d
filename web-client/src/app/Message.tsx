import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "../ui/Card";
import styles from "./app.module.css";
import { Page } from "./Page";

/** A page that says one thing, and what to do about it. */
export function Message({ title, text, children }: { title: string; text: ReactNode; children?: ReactNode }) {
  return (
    <Page title={title}>
      <div className={styles.message}>
        <Card>
          <h1>{title}</h1>
          <p>{text}</p>
          {children ? <div className={styles.actions}>{children}</div> : null}
        </Card>
      </div>
    </Page>
  );
}

/** While a part of the page arrives. */
export function Waiting({ text }: { text?: string }) {
  const { t } = useTranslation("app");
  return (
    <p className="shell-wait" role="status">
      {text ?? t("loading")}
    </p>
  );
}
