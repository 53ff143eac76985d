import type { AnchorHTMLAttributes, ReactNode } from "react";
import styles from "./button.module.css";

type Look = "primary" | "secondary" | "quiet";

interface ButtonLinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  look?: Look;
  size?: "small" | "normal" | "large";
  icon?: ReactNode;
  wide?: boolean;
}

/** A link drawn as a button: it goes somewhere, so it stays a link for everybody. */
export function ButtonLink({
  look = "secondary",
  size = "normal",
  icon,
  wide,
  className,
  children,
  ...rest
}: ButtonLinkProps) {
  const names = [styles.button, styles[look], styles[size], wide ? styles.wide : "", className ?? ""];
  return (
    <a {...rest} className={names.filter(Boolean).join(" ")}>
      {icon}
      {children}
    </a>
  );
}
