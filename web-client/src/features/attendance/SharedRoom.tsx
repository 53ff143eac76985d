import { Users } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PresenceRow, PresenceSheet } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Checkbox, Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { useDeciding } from "./deciding";

/** Several teachers behind one computer: all of them in one act, with the minutes of the one who was connected. */
export function SharedRoom() {
  const { t } = useTranslation("attendance");
  const deciding = useDeciding();
  const [open, setOpen] = useState(false);
  if (!deciding?.open) return null;
  const hosts = deciding.sheet.rows.filter((row) => row.minutes > 0);
  if (hosts.length === 0) return null;
  return (
    <>
      <Button
        size="small"
        icon={<Users aria-hidden="true" />}
        onPress={() => setOpen(true)}
        data-testid="shared-room"
      >
        {t("room.open")}
      </Button>
      <Dialog title={t("room.title")} isOpen={open} onOpenChange={setOpen}>
        <Form hosts={hosts} sheet={deciding.sheet} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

interface FormProps {
  hosts: PresenceRow[];
  sheet: PresenceSheet;
  onDone: () => void;
}

function Form({ hosts, sheet, onDone }: FormProps) {
  const { t } = useTranslation("attendance");
  const deciding = useDeciding();
  const [shared, setShared] = useState(hosts[0]?.person ?? "");
  const [people, setPeople] = useState<ReadonlySet<string>>(new Set());
  const host = hosts.find(({ person }) => person === shared);
  const [minutes, setMinutes] = useState("");
  const others = sheet.rows.filter(
    (row) =>
      row.enrolled && row.table === "participants" && row.person !== shared && row.decided !== "present",
  );
  const submit = async () => {
    if (!deciding) return;
    const body = {
      shared,
      people: [...people].filter((person) => person !== shared),
      ...(minutes === "" ? {} : { minutes: Number(minutes) }),
      text: "",
      seen: sheet.version,
    };
    if (await deciding.act(`seances/${deciding.seance}/shared-room`, body, t("room.done"))) onDone();
  };
  return (
    <form
      className={layout.form}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p className={layout.small}>{t("room.text")}</p>
      <Select
        label={t("room.shared")}
        value={shared}
        options={hosts.map(({ person, name }) => ({ value: person, label: name }))}
        onChange={setShared}
      />
      <fieldset className={layout.fieldset}>
        <legend>{t("room.people")}</legend>
        {others.map(({ person, name }) => (
          <Checkbox
            key={person}
            label={name}
            checked={people.has(person)}
            onChange={(event) => {
              const next = new Set(people);
              if (event.target.checked) next.add(person);
              else next.delete(person);
              setPeople(next);
            }}
          />
        ))}
        {others.length === 0 ? <p>{t("room.nobody")}</p> : null}
      </fieldset>
      <Field
        label={t("room.minutes")}
        hint={t("room.minutesHint", { minutes: host?.minutes ?? 0 })}
        type="number"
        min={1}
        max={2880}
        value={minutes}
        onChange={(event) => setMinutes(event.target.value)}
      />
      <div>
        <Button
          type="submit"
          look="primary"
          isDisabled={people.size === 0 || deciding?.busy}
          data-testid="shared-room-confirm"
        >
          {t("room.confirm", { count: people.size })}
        </Button>
      </div>
    </form>
  );
}
