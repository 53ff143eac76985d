import type { ComponentProps } from "react";
import styles from "./card.module.css";

/** A sheet of paper on the page. */
export function Card({ className, ...rest }: ComponentProps<"section">) {
  return <section {...rest} className={`${styles.card} ${className ?? ""}`} />;
}

/** A small rounded label. */
export function Tag({
  tone = "brand",
  className,
  ...rest
}: ComponentProps<"span"> & { tone?: "brand" | "ok" | "warn" | "danger" | "plain" }) {
  return <span {...rest} className={`${styles.tag} ${className ?? ""}`} data-tone={tone} />;
}

/** A sentence that stands out, with its icon. */
export function Note({
  tone = "brand",
  className,
  ...rest
}: ComponentProps<"div"> & { tone?: "brand" | "ok" | "warn" | "danger" }) {
  return <div {...rest} className={`${styles.note} ${className ?? ""}`} data-tone={tone} />;
}
