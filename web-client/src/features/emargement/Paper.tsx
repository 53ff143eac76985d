import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FileCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFailureWords } from "../../app/office/asking";
import type { HalfDay, KeptScan, PresenceRow } from "../../protocol/office";
import { send } from "../../protocol/rest";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Checkbox } from "../../ui/Field";
import { FileField } from "../../ui/FileField";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { toast } from "../../ui/toast";

const MOST_BYTES = 10 * 1024 * 1024;

/** A list signed on paper: its scan is kept, and those who signed it are entered. */
export function Paper({ halfDay, rows }: { halfDay: HalfDay; rows: readonly PresenceRow[] }) {
  const { t } = useTranslation("emargement");
  const [scan, setScan] = useState<File | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [wrong, setWrong] = useState<string | null>(null);
  const unsigned = rows.filter((row) => row.signatures.every((one) => one.halfDay !== halfDay.id));
  const people = unsigned.filter(({ person }) => chosen.has(person));
  const entering = useEntering(halfDay, () => {
    setScan(null);
    setChosen(new Set());
  });
  if (unsigned.length === 0) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!scan) setWrong(t("paper.needed"));
    else if (people.length > 0) entering.enter(scan, people);
  };
  const choose = (file: File) => {
    const large = file.size > MOST_BYTES;
    setWrong(large ? t("paper.tooLarge") : null);
    setScan(large ? null : file);
  };
  return (
    <Fold title={t("paper.title")} data-testid="paper">
      <Card>
        <form className={layout.form} onSubmit={submit} aria-busy={entering.done !== null || undefined}>
          <FileField
            label={t("paper.scan")}
            hint={t("paper.hint")}
            error={wrong}
            accept="application/pdf,image/jpeg,image/png"
            chosen={scan?.name}
            onFile={choose}
            data-testid="paper-file"
          />
          <fieldset className={layout.fieldset}>
            <legend>{t("paper.who")}</legend>
            {unsigned.map(({ person, name }) => (
              <Checkbox
                key={person}
                label={name}
                checked={chosen.has(person)}
                onChange={({ target }) => setChosen(toggled(chosen, person, target.checked))}
                data-testid="paper-signer"
              />
            ))}
          </fieldset>
          <div className={layout.cluster}>
            <Button
              type="submit"
              look="primary"
              icon={<FileCheck aria-hidden="true" />}
              isDisabled={entering.done !== null || people.length === 0}
              data-testid="paper-submit"
            >
              {t("paper.submit", { count: people.length })}
            </Button>
            {entering.done === null ? null : (
              <progress max={people.length + 1} value={entering.done} aria-label={t("paper.progress")} />
            )}
          </div>
        </form>
      </Card>
    </Fold>
  );
}

function toggled(chosen: ReadonlySet<string>, person: string, on: boolean): ReadonlySet<string> {
  const next = new Set(chosen);
  if (on) next.add(person);
  else next.delete(person);
  return next;
}

/** Keeps the scan, then enters one signature after the other; `done` counts them, null when nothing is under way. */
function useEntering(halfDay: HalfDay, after: () => void) {
  const { t } = useTranslation("emargement");
  const client = useQueryClient();
  const words = useFailureWords("sent");
  const [done, setDone] = useState<number | null>(null);
  const { mutate } = useMutation({
    mutationFn: async ({ scan, people }: { scan: File; people: readonly PresenceRow[] }) => {
      setDone(0);
      const path = `/api/half-days/${halfDay.id}`;
      const { sha256 } = await send<KeptScan>("POST", `${path}/scans`, scan);
      for (const [index, { person }] of people.entries()) {
        setDone(index + 1);
        await send("POST", `${path}/signatures`, { person, method: "paper", attachment: sha256 });
      }
      return people.length;
    },
    onSuccess: (count) => {
      toast(t("paper.done", { count }), "ok");
      after();
    },
    onError: (error) => toast(words(error), "danger"),
    onSettled: () => {
      setDone(null);
      return client.invalidateQueries();
    },
  });
  return { done, enter: (scan: File, people: readonly PresenceRow[]) => mutate({ scan, people }) };
}
