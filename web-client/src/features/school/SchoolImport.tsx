import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { ImportSteps } from "../../app/office/import/ImportSteps";
import { RejectedLines } from "../../app/office/import/RejectedLines";
import { OfficePage } from "../../app/office/OfficePage";
import type { Me, SchoolImported, SchoolPreview } from "../../protocol/office";
import { FileField } from "../../ui/FileField";
import layout from "../../ui/layout.module.css";
import en from "./en.json";
import fr from "./fr.json";

addWords("school", { fr, en });

/** The directory of an academy's schools. */
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
  const [files, setFiles] = useState<readonly File[]>([]);
  return (
    <ImportSteps<SchoolPreview, SchoolImported>
      me={me}
      route="schools"
      files={files}
      needed={1}
      chooser={
        <FileField
          label={t("import.file")}
          hint={t("import.fileHint")}
          accept=".csv,text/csv,text/plain"
          chosen={files[0]?.name}
          onFile={(chosen) => setFiles([chosen])}
          data-testid="schools-file"
        />
      }
      found={(preview) => <Found preview={preview} />}
      confirm={({ collapse, schools }) => [
        {
          field: "acceptRemovals",
          label: collapse ? t("import.acceptRemovals", { count: schools.removed }) : null,
        },
      ]}
      done={({ people }) => t("import.done", { count: people })}
      onDone={() => setFiles([])}
    />
  );
}

const CHANGES = ["added", "changed", "removed", "same"] as const;
const CODES = ["NB_CHAMPS", "CHAMP_VIDE", "UAI_INVALIDE", "ENCODAGE", "DOUBLON", "AUTRE_ACADEMIE"] as const;

function Found({ preview }: { preview: SchoolPreview }) {
  const { t } = useTranslation("school");
  const { schools, people, elsewhere, withoutEffect } = preview;
  return (
    <>
      <ul className={layout.lines}>
        {CHANGES.map((change) => (
          <li key={change} data-testid={`schools-${change}`}>
            {t(`import.${change}`, { count: schools[change] })}
          </li>
        ))}
        <li>{t("import.people", { count: people })}</li>
        {elsewhere > 0 ? <li>{t("import.elsewhere", { count: elsewhere })}</li> : null}
        {withoutEffect > 0 ? <li>{t("import.withoutEffect", { count: withoutEffect })}</li> : null}
      </ul>
      <RejectedLines
        lines={preview.rejected}
        head={t("rejected.line")}
        where={({ line }) => String(line)}
        why={({ code }) => {
          const known = CODES.find((one) => one === code);
          return known ? t(`codes.${known}`) : code;
        }}
        data-testid="schools-rejected"
      />
    </>
  );
}
