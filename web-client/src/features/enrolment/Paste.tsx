import { Eye, ListPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSent } from "../../app/office/asking";
import type { EnrolmentReport } from "../../protocol/office";
import { Area } from "../../ui/Area";
import { Button } from "../../ui/Button";
import { Card, Note } from "../../ui/Card";
import { FileField } from "../../ui/FileField";
import layout from "../../ui/layout.module.css";
import { textOf } from "./encoding";

/** A list pasted or taken from a file: looked at first, enrolled then. Every line that is not understood is shown. */
export function Paste({ of }: { of: string }) {
  const { t } = useTranslation("enrolment");
  const [text, setText] = useState("");
  const [file, setFile] = useState<string>();
  const [preview, setPreview] = useState<EnrolmentReport | null>(null);
  const path = `${of}/enrolments/csv`;
  const look = useSent<EnrolmentReport>({ after: setPreview });
  const enrol = useSent({
    done: t("paste.done"),
    after: () => {
      setText("");
      setFile(undefined);
      setPreview(null);
    },
  });
  const change = (next: string) => {
    setText(next);
    setPreview(null);
  };
  return (
    <Card className={layout.form}>
      <h2>{t("paste.title")}</h2>
      <Area
        label={t("paste.label")}
        hint={t("paste.hint")}
        value={text}
        onChange={(event) => change(event.target.value)}
        data-testid="paste-text"
      />
      <FileField
        label={t("paste.file")}
        accept=".csv,.txt,text/csv,text/plain"
        data-testid="paste-file"
        chosen={file}
        onFile={(chosen) => {
          setFile(chosen.name);
          void chosen.arrayBuffer().then((bytes) => change(textOf(bytes)));
        }}
      />
      {preview ? <Preview preview={preview} /> : null}
      <div className={layout.cluster}>
        {preview ? (
          <Button
            look="primary"
            icon={<ListPlus aria-hidden="true" />}
            isDisabled={enrol.busy || preview.people.length === 0}
            onPress={() => enrol.act({ method: "POST", path, body: text })}
            data-testid="paste-enrol"
          >
            {t("paste.enrol", { count: preview.people.length })}
          </Button>
        ) : (
          <Button
            icon={<Eye aria-hidden="true" />}
            isDisabled={look.busy || text.trim() === ""}
            onPress={() => look.act({ method: "POST", path: `${path}?preview=true`, body: text })}
            data-testid="paste-preview"
          >
            {t("paste.preview")}
          </Button>
        )}
      </div>
    </Card>
  );
}

function Preview({ preview }: { preview: EnrolmentReport }) {
  const { t } = useTranslation("enrolment");
  return (
    <div role="status" className={layout.tight}>
      <p>{t("paste.found", { count: preview.people.length })}</p>
      {preview.rejected.length > 0 ? (
        <Note tone="warn">
          <div>
            <p>{t("paste.rejected", { count: preview.rejected.length })}</p>
            <ul data-testid="paste-rejected">
              {preview.rejected.map((line) => (
                <li key={line.line}>
                  {t("paste.line", { number: line.line, why: t(`paste.codes.${line.code}`) })}{" "}
                  <span className={layout.code}>{line.text}</span>
                </li>
              ))}
            </ul>
          </div>
        </Note>
      ) : null}
    </div>
  );
}
