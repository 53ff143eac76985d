import { FileCheck2, FileInput } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Me } from "../../../protocol/office";
import { Button } from "../../../ui/Button";
import { Card, Note } from "../../../ui/Card";
import { Checkbox } from "../../../ui/Field";
import layout from "../../../ui/layout.module.css";
import { toast } from "../../../ui/toast";
import { useSent } from "../asking";
import { Form, Line, Submit } from "../Form";

/** What the server says of files before it writes anything. */
interface Previewed {
  token: string;
}

/** What must be agreed to before the import, by its field; nothing to agree to without a label. */
interface Consent {
  field: string;
  label: string | null;
}

interface Words<Preview, Imported> {
  /** What would change, and every line that is left out. */
  found: (preview: Preview) => ReactNode;
  confirm: (preview: Preview) => Consent[];
  /** Said at the end. */
  done: (imported: Imported) => string;
  onDone: () => void;
}

interface ImportStepsProps<Preview, Imported> extends Words<Preview, Imported> {
  me: Me;
  /** Of the addresses `…/preview` and `…/import`. */
  route: "gaia" | "schools";
  files: readonly File[];
  /** How many files there must be. */
  needed: number;
  /** Where the files are chosen. */
  chooser: ReactNode;
}

/** Files of an academy: what they would change, and one press to do it. Other files take the preview away. */
export function ImportSteps<Preview extends Previewed, Imported>({
  me,
  route,
  files,
  needed,
  chooser,
  ...words
}: ImportStepsProps<Preview, Imported>) {
  const { t } = useTranslation("app");
  const [academy, setAcademy] = useState(
    me.roles.find(({ role }) => role === "gestionnaire")?.scope ?? me.person.academy,
  );
  const [seen, setSeen] = useState<{ files: readonly File[]; preview: Preview } | null>(null);
  const preview = seen?.files === files ? seen.preview : null;
  return (
    <>
      <Card>
        <Form<Preview>
          act={() => {
            if (files.length !== needed) return null;
            const body = new FormData();
            body.append("academy", academy);
            for (const file of files) body.append("files", file, file.name);
            return { method: "POST", path: `${route}/preview`, body };
          }}
          after={(answer) => setSeen({ files, preview: answer })}
        >
          <Line
            name="academy"
            label={t("import.academy")}
            hint={t("import.academyHint")}
            required
            value={academy}
            onChange={setAcademy}
            data-testid={`${route}-academy`}
          />
          {chooser}
          <div>
            <Submit
              look={preview ? "secondary" : "primary"}
              icon={<FileCheck2 aria-hidden="true" />}
              isDisabled={files.length !== needed}
              data-testid={`${route}-preview`}
            >
              {t("import.preview")}
            </Submit>
          </div>
        </Form>
      </Card>
      {preview ? <Found key={preview.token} route={route} preview={preview} {...words} /> : null}
    </>
  );
}

interface FoundProps<Preview, Imported> extends Words<Preview, Imported> {
  route: string;
  preview: Preview;
}

function Found<Preview extends Previewed, Imported>({
  route,
  preview,
  found,
  confirm,
  done,
  onDone,
}: FoundProps<Preview, Imported>) {
  const { t } = useTranslation("app");
  const [agreed, setAgreed] = useState<ReadonlySet<string>>(new Set());
  const asked = confirm(preview).filter(({ label }) => label !== null);
  const run = useSent<Imported>({
    after: (imported) => {
      toast(done(imported), "ok");
      onDone();
    },
  });
  return (
    <section className={layout.stack} aria-labelledby="found" data-testid={`${route}-found`}>
      <h2 id="found">{t("import.found")}</h2>
      {found(preview)}
      {asked.map(({ field, label }) => (
        <Note key={field} tone="warn">
          <Checkbox
            label={label}
            checked={agreed.has(field)}
            onChange={({ target }) => {
              const others = [...agreed].filter((one) => one !== field);
              setAgreed(new Set(target.checked ? [...others, field] : others));
            }}
            data-testid={`${route}-${field}`}
          />
        </Note>
      ))}
      <div>
        <Button
          look="primary"
          size="large"
          icon={<FileInput aria-hidden="true" />}
          isDisabled={run.busy || asked.some(({ field }) => !agreed.has(field))}
          onPress={() =>
            run.act({
              method: "POST",
              path: `${route}/import`,
              body: {
                token: preview.token,
                ...Object.fromEntries([...agreed].map((field) => [field, true])),
              },
            })
          }
          data-testid={`${route}-import`}
        >
          {t("import.submit")}
        </Button>
      </div>
      {run.busy ? <progress aria-label={t("import.running")} /> : null}
    </section>
  );
}
