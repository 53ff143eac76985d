import type { ReactNode } from "react";
import { Tooltip as AriaTooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import styles from "./tooltip.module.css";

/** Words beside a control when it is hovered or focused: what it does and its keys. */
export function Tooltip({ text, keys, children }: { text: string; keys?: string; children: ReactNode }) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      {children}
      <AriaTooltip className={styles.tooltip} offset={8}>
        {text}
        {keys ? <kbd className={styles.keys}>{keys}</kbd> : null}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
