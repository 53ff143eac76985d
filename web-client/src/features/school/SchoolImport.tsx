import { FileCheck2, FileInput } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { useSent } from "../../app/office/asking";
import { Form, Line, Submit } from "../../app/office/Form";
import { OfficePage } from "../../app/office/OfficePage";
import type { Me, SchoolImported, SchoolPreview } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Card, Note } from "../../ui/Card";
import { Checkbox } from "../../ui/Field";
import { FileField } from "../../ui/FileField";
import layout from "../../ui/layout.module.css";
import { toast } from "../../ui/toast";
import en from "./en.json";
import fr from "./fr.json";
import { RejectedSchools } from "./RejectedSchools";

addWords("school", { fr, en });

/** The directory of an academy's schools: what it would change, and one press to do it. */
export default function SchoolImport() {
  const { t } = useTranslation("school");
  return (
    <OfficePage title={t("import.title")} intro={t("import.intro")} back="home">
      {(me) => <Steps me={me} />}
    </OfficePage>
  );
}

function Steps({ me }: { me: Me }) {
  const { t } = useTranslation("school");
  const [academy, setAcademy] = useState(
    me.roles.find(({ role }) => role === "gestionnaire")?.scope ?? me.person.academy,
  );
  const [file, setFile] = useState<File | null>(null);
  const [preview, setPreview] = useState<SchoolPreview | null>(null);
  const clear = () => {
    setFile(null);
    setPreview(null);
  };
  return (
    <>
      <Card>
        <Form<SchoolPreview>
          act={() => {
            if (!file) return null;
            const body = new FormData();
            body.append("academy", academy);
            body.append("file", file, file.name);
            return { method: "POST", path: "schools/preview", body };
          }}
          after={setPreview}
        >
          <Line
            name="academy"
            label={t("import.academy")}
            hint={t("import.academyHint")}
            required
            value={academy}
            onChange={setAcademy}
            data-testid="schools-academy"
          />
          <FileField
            label={t("import.file")}
            hint={t("import.fileHint")}
            accept=".csv,text/csv,text/plain"
            chosen={file?.name}
            onFile={(chosen) => {
              setFile(chosen);
              setPreview(null);
            }}
            data-testid="schools-file"
          />
          <div>
            <Submit
              look={preview ? "secondary" : "primary"}
              icon={<FileCheck2 aria-hidden="true" />}
              isDisabled={!file}
              data-testid="schools-preview"
            >
              {t("import.preview")}
            </Submit>
          </div>
        </Form>
      </Card>
      {preview ? <Found key={preview.token} preview={preview} onDone={clear} /> : null}
    </>
  );
}

const CHANGES = ["added", "changed", "removed", "same"] as const;

function Found({ preview, onDone }: { preview: SchoolPreview; onDone: () => void }) {
  const { t } = useTranslation("school");
  const [accepted, setAccepted] = useState(false);
  const run = useSent<SchoolImported>({
    after: ({ people }) => {
      toast(t("import.done", { count: people }), "ok");
      onDone();
    },
  });
  return (
    <section className={layout.stack} aria-labelledby="found" data-testid="schools-found">
      <h2 id="found">{t("import.found")}</h2>
      <ul className={layout.lines}>
        {CHANGES.map((change) => (
          <li key={change} data-testid={`schools-${change}`}>
            {t(`import.${change}`, { count: preview.schools[change] })}
          </li>
        ))}
        <li>{t("import.people", { count: preview.people })}</li>
        {preview.elsewhere > 0 ? <li>{t("import.elsewhere", { count: preview.elsewhere })}</li> : null}
      </ul>
      <RejectedSchools lines={preview.rejected} />
      {preview.collapse ? (
        <Note tone="warn">
          <Checkbox
            label={t("import.acceptRemovals", { count: preview.schools.removed })}
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
          isDisabled={run.busy || (preview.collapse && !accepted)}
          onPress={() =>
            run.act({
              method: "POST",
              path: "schools/import",
              body: { token: preview.token, acceptRemovals: accepted },
            })
          }
          data-testid="schools-import"
        >
          {t("import.submit")}
        </Button>
      </div>
      {run.busy ? <progress aria-label={t("import.running")} /> : null}
    </section>
  );
}
