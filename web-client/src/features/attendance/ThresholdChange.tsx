import { Gauge } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Area } from "../../ui/Area";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { useDeciding } from "./deciding";

/** Another threshold for the whole séance, with its reason: the change is kept with the one before. */
export function ThresholdChange() {
  const { t } = useTranslation("attendance");
  const deciding = useDeciding();
  const [open, setOpen] = useState(false);
  const [minutes, setMinutes] = useState("");
  const [text, setText] = useState("");
  if (!deciding?.open) return null;
  const { seance, sheet, act, busy } = deciding;
  const submit = async () => {
    const threshold = minutes === "" ? { mode: "auto" } : { mode: "fixed", minutes: Number(minutes) };
    const body = {
      people: [],
      kind: "threshold",
      new: threshold,
      reason: "AUTRE",
      text,
      seen: sheet.version,
    };
    if (await act(`seances/${seance}/corrections`, body, t("threshold.done"))) setOpen(false);
  };
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<Gauge aria-hidden="true" />}
        onPress={() => setOpen(true)}
        data-testid="threshold"
      >
        {t("threshold.open")}
      </Button>
      <Dialog title={t("threshold.open")} isOpen={open} onOpenChange={setOpen}>
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Field
            label={t("threshold.minutes")}
            hint={t("threshold.hint")}
            type="number"
            min={0}
            max={2880}
            value={minutes}
            onChange={(event) => setMinutes(event.target.value)}
          />
          <Area
            label={t("threshold.text")}
            required
            maxLength={500}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <div>
            <Button type="submit" look="primary" isPending={busy}>
              {t("correct.confirm")}
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
