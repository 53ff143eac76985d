import { Copy } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Field } from "./Field";
import layout from "./layout.module.css";
import { toast } from "./toast";

/** An address to take away: read, selected or copied in one press. */
export function CopyLine({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation("app");
  const input = useRef<HTMLInputElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      toast(t("copied"), "ok");
    } catch {
      // Browsers refuse it without TLS: then the address is at least ready to be copied by hand.
      input.current?.select();
      toast(t("copyByHand"));
    }
  };
  return (
    <div className={layout.fields}>
      <Field label={label} readOnly value={value} inputRef={input} data-testid="copy-value" />
      <Button icon={<Copy aria-hidden="true" />} onPress={() => void copy()} data-testid="copy">
        {t("copy")}
      </Button>
    </div>
  );
}
