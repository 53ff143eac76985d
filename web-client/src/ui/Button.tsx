import { type ReactNode, type RefObject, useRef } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import {
  ToggleButton as AriaToggleButton,
  type ToggleButtonProps as AriaToggleButtonProps,
} from "react-aria-components/ToggleButton";
import styles from "./button.module.css";

type Look = "primary" | "secondary" | "quiet" | "danger";

interface Shared {
  look?: Look;
  size?: "small" | "normal" | "large";
  icon?: ReactNode;
  wide?: boolean;
  className?: string;
  children?: ReactNode;
}

const classes = (look: Look, size: string, wide: boolean, extra?: string) =>
  [styles.button, styles[look], styles[size], wide ? styles.wide : "", extra ?? ""].filter(Boolean).join(" ");

export type ButtonProps = Shared &
  Omit<AriaButtonProps, "children" | "className" | "style" | "isPending"> & {
    /** What it began is under way: it keeps the focus, which a disabled button would lose, and takes no other press. */
    isPending?: boolean;
  };

/** A button that says what it does. Icons come with words; for an icon alone use `IconButton`. */
export function Button({
  look = "secondary",
  size = "normal",
  icon,
  wide = false,
  className,
  children,
  isPending = false,
  type,
  onPress,
  ...rest
}: ButtonProps) {
  return (
    <AriaButton
      {...rest}
      type={isPending ? "button" : type}
      onPress={isPending ? undefined : onPress}
      data-busy={isPending || undefined}
      className={classes(look, size, wide, className)}
    >
      {icon}
      {children}
    </AriaButton>
  );
}

export type ToggleButtonProps = Shared & Omit<AriaToggleButtonProps, "children" | "className" | "style">;

/** A button that stays pressed; `isSelected` is told to screen readers. */
export function ToggleButton({
  look = "secondary",
  size = "normal",
  icon,
  wide = false,
  className,
  children,
  ...rest
}: ToggleButtonProps) {
  return (
    <AriaToggleButton {...rest} className={classes(look, size, wide, className)}>
      {icon}
      {children}
    </AriaToggleButton>
  );
}

/** An icon alone: its label is required and read aloud. */
export function IconButton({
  label,
  icon,
  look = "quiet",
  size = "normal",
  className,
  ...rest
}: Omit<ButtonProps, "children" | "wide" | "isPending"> & { label: string }) {
  const ref = useRef<HTMLButtonElement>(null) as RefObject<HTMLButtonElement>;
  return (
    <AriaButton
      {...rest}
      ref={ref}
      aria-label={label}
      className={`${classes(look, size, false, className)} ${styles.square}`}
    >
      {icon}
    </AriaButton>
  );
}
