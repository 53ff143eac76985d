import { Check, Download } from "lucide-react";
import { useState } from "react";
import { Menu, MenuItem, MenuSection, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import styles from "../../ui/menu.module.css";
import { useSaving } from "./saving";

const FORMATS = {
  seance: ["csv", "xlsx", "pdf", "gaia", "csv-machine", "json", "ics", "xapi", "bundle"],
  session: ["csv", "xlsx", "pdf", "interventions", "csv-machine", "xapi"],
} as const;

const ADDRESSES = "addresses";

interface ExportMenuProps {
  /** `seances/ID` or `sessions-formation/ID`. */
  path: string;
  scope: keyof typeof FORMATS;
}

/**
 * Every format a file may leave in, each said by what it is for, and whether it is to hold e-mail addresses: a file
 * that is passed on needs none. Who may not see addresses never gets one.
 */
export function ExportMenu({ path, scope }: ExportMenuProps) {
  const { t } = useTranslation("app");
  const { busy, save } = useSaving();
  const [addresses, setAddresses] = useState(true);
  const fetchFormat = (format: string) => {
    if (format !== ADDRESSES) save(`/api/${path}/export/${format}${addresses ? "" : "?addresses=false"}`);
  };
  return (
    <MenuTrigger>
      <Button icon={<Download aria-hidden="true" />} isPending={busy} data-testid="export-menu">
        {t(busy ? "export.busy" : "export.button")}
      </Button>
      <Popover className={styles.popover} placement="bottom end">
        <Menu
          className={styles.menu}
          aria-label={t("export.button")}
          onAction={(key) => fetchFormat(String(key))}
        >
          <MenuSection aria-label={t("export.formats")} className={styles.section}>
            {FORMATS[scope].map((format) => (
              <MenuItem key={format} id={format} className={styles.item} data-testid={`export-${format}`}>
                {t(scope === "session" && format === "pdf" ? "export.collective" : `export.${format}`)}
              </MenuItem>
            ))}
          </MenuSection>
          <MenuSection
            aria-label={t("export.content")}
            className={styles.section}
            selectionMode="multiple"
            selectedKeys={addresses ? [ADDRESSES] : []}
            onSelectionChange={() => setAddresses(!addresses)}
          >
            <MenuItem
              id={ADDRESSES}
              className={styles.item}
              shouldCloseOnSelect={false}
              data-testid="export-addresses"
            >
              <span className={styles.box}>{addresses ? <Check aria-hidden="true" /> : null}</span>
              {t("export.withAddresses")}
            </MenuItem>
          </MenuSection>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
