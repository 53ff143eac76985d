import { useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import { download } from "../../protocol/rest";
import { Button } from "../../ui/Button";
import styles from "../../ui/menu.module.css";
import { toast } from "../../ui/toast";
import { useFailureWords } from "./asking";

const FORMATS = {
  seance: ["csv", "xlsx", "pdf", "gaia", "csv-machine", "json", "ics", "xapi", "bundle"],
  session: ["csv", "xlsx", "pdf", "csv-machine", "xapi"],
} as const;

interface ExportMenuProps {
  /** `seances/ID` or `sessions-formation/ID`. */
  path: string;
  scope: keyof typeof FORMATS;
  ticket?: string | null;
}

/** Every format a file may leave in, each said by what it is for. */
export function ExportMenu({ path, scope, ticket = null }: ExportMenuProps) {
  const { t } = useTranslation("app");
  const words = useFailureWords();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const save = async (format: string) => {
    setBusy(true);
    await download(`/api/${path}/export/${format}`, ticket).catch((error) => toast(words(error), "danger"));
    setBusy(false);
    // The log has a line more.
    void client.invalidateQueries();
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
          onAction={(key) => void save(String(key))}
        >
          {FORMATS[scope].map((format) => (
            <MenuItem key={format} id={format} className={styles.item} data-testid={`export-${format}`}>
              {t(scope === "session" && format === "pdf" ? "export.collective" : `export.${format}`)}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
