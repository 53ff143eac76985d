import { FileCheck2, FileInput } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { useSent } from "../../app/office/asking";
import { OfficePage } from "../../app/office/OfficePage";
import type { GaiaPreview, Me } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Card, Note } from "../../ui/Card";
import { Checkbox, Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { Changes } from "./Changes";
import { Drop } from "./Drop";
import en from "./en.json";
import fr from "./fr.json";
import { Rejected } from "./Rejected";

addWords("gaia", { fr, en });

/** Three files dropped, what they would change, and one press to do it. */
export default function GaiaImport() {
  const { t } = useTranslation("gaia");
  return (
    <OfficePage title={t("import.title")} intro={t("import.intro")} back="home">
      {(me) => <Steps me={me} />}
    </OfficePage>
  );
}

function Steps({ me }: { me: Me }) {
  const { t } = useTranslation("gaia");
  const [academy, setAcademy] = useState(
    me.roles.find(({ role }) => role === "gestionnaire")?.scope ?? me.person.academy,
  );
  const [files, setFiles] = useState<File[]>([]);
  const [preview, setPreview] = useState<GaiaPreview | null>(null);
  const look = useSent<GaiaPreview>({ after: setPreview });
  const choose = (chosen: File[]) => {
    setFiles(chosen);
    setPreview(null);
  };
  const send = () => {
    const form = new FormData();
    form.append("academy", academy);
    for (const file of files) form.append("files", file, file.name);
    look.act({ method: "POST", path: "gaia/preview", body: form });
  };
  return (
    <>
      <Card className={layout.form}>
        <Field
          label={t("import.academy")}
          hint={t("import.academyHint")}
          required
          value={academy}
          onChange={(event) => setAcademy(event.target.value)}
          data-testid="gaia-academy"
        />
        <Drop files={files} onFiles={choose} />
        <div>
          <Button
            look={preview ? "secondary" : "primary"}
            icon={<FileCheck2 aria-hidden="true" />}
            isDisabled={files.length !== 3 || look.busy || academy === ""}
            onPress={send}
            data-testid="gaia-preview"
          >
            {t(look.busy ? "import.reading" : "import.preview")}
          </Button>
        </div>
        {look.busy ? <progress aria-label={t("import.reading")} /> : null}
      </Card>
      {preview ? (
        <Found
          key={preview.token}
          preview={preview}
          onDone={() => {
            setPreview(null);
            setFiles([]);
          }}
        />
      ) : null}
    </>
  );
}

function Found({ preview, onDone }: { preview: GaiaPreview; onDone: () => void }) {
  const { t } = useTranslation("gaia");
  const [accepted, setAccepted] = useState(false);
  const [older, setOlder] = useState(false);
  const run = useSent({ done: t("import.done"), after: onDone });
  const { collapse, newer } = preview;
  const removed = preview.sessions.removed + preview.trainers.removed + preview.trainees.removed;
  return (
    <div className={layout.stack} data-testid="gaia-found">
      <h2>{t("import.found")}</h2>
      <Changes preview={preview} />
      <Rejected lines={preview.rejected} remarks={preview.remarks} />
      {newer ? (
        <Note tone="warn">
          <Checkbox
            label={t("import.acceptOlder", { day: dayOf(preview.day), newer: dayOf(newer) })}
            checked={older}
            onChange={(event) => setOlder(event.target.checked)}
            data-testid="gaia-older"
          />
        </Note>
      ) : null}
      {collapse ? (
        <Note tone="warn">
          <Checkbox
            label={t("import.acceptRemovals", { count: removed })}
            checked={accepted}
            onChange={(event) => setAccepted(event.target.checked)}
          />
        </Note>
      ) : null}
      <div>
        <Button
          look="primary"
          size="large"
          icon={<FileInput aria-hidden="true" />}
          isDisabled={run.busy || (collapse && !accepted) || (newer !== null && !older)}
          onPress={() =>
            run.act({
              method: "POST",
              path: "gaia/import",
              body: { token: preview.token, acceptRemovals: accepted, acceptOlder: older },
            })
          }
          data-testid="gaia-import"
        >
          {t(run.busy ? "import.running" : "import.submit")}
        </Button>
      </div>
      {run.busy ? <progress aria-label={t("import.running")} /> : null}
    </div>
  );
}

/** The day of files named `YYYYMMDD`. */
const dayOf = (name: string) =>
  day(`${name.slice(0, 4)}-${name.slice(4, 6)}-${name.slice(6)}T12:00:00Z`, "UTC");
