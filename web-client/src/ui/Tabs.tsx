import type { ReactNode } from "react";
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from "react-aria-components/Tabs";
import styles from "./tabs.module.css";

export interface TabItem {
  id: string;
  label: ReactNode;
  /** A number beside the label, drawn when above zero. */
  badge?: number;
  content: ReactNode;
  "data-testid"?: string;
}

interface TabsProps {
  label: string;
  items: readonly TabItem[];
  selected?: string;
  onSelect?: (id: string) => void;
  /** Drawn at the end of the row of tabs. */
  end?: ReactNode;
  className?: string;
}

/** Panels behind a row of tabs; arrows move between tabs. */
export function Tabs({ label, items, selected, onSelect, end, className }: TabsProps) {
  return (
    <AriaTabs
      className={`${styles.tabs} ${className ?? ""}`}
      selectedKey={selected}
      onSelectionChange={(key) => onSelect?.(String(key))}
    >
      <div className={styles.row}>
        <TabList aria-label={label} className={styles.list}>
          {items.map((item) => (
            <Tab key={item.id} id={item.id} className={styles.tab} data-testid={item["data-testid"]}>
              {item.label}
              {item.badge ? <span className={styles.badge}>{item.badge}</span> : null}
            </Tab>
          ))}
        </TabList>
        {end}
      </div>
      {items.map((item) => (
        <TabPanel key={item.id} id={item.id} className={styles.panel}>
          {item.content}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
