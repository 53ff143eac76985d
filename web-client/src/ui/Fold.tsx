import type { ReactNode } from "react";
import styles from "./fold.module.css";

/** Something most people do not need, one press away. */
export function Fold({
  title,
  children,
  open,
  ...rest
}: {
  title: ReactNode;
  children: ReactNode;
  open?: boolean;
  "data-testid"?: string;
}) {
  return (
    <details {...rest} className={styles.fold} open={open}>
      <summary>{title}</summary>
      <div className={styles.inside}>{children}</div>
    </details>
  );
}
