import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { ImportSteps } from "../../app/office/import/ImportSteps";
import { OfficePage } from "../../app/office/OfficePage";
import type { GaiaImported, GaiaPreview, Me } from "../../protocol/office";
import { Changes } from "./Changes";
import { Drop } from "./Drop";
import en from "./en.json";
import fr from "./fr.json";
import { Rejected } from "./Rejected";

addWords("gaia", { fr, en });

/** The three files of a day. */
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
  const [files, setFiles] = useState<readonly File[]>([]);
  return (
    <ImportSteps<GaiaPreview, GaiaImported>
      me={me}
      route="gaia"
      files={files}
      needed={3}
      chooser={<Drop files={files} onFiles={setFiles} />}
      found={(preview) => (
        <>
          <Changes preview={preview} />
          <Rejected lines={preview.rejected} remarks={preview.remarks} />
        </>
      )}
      confirm={({ day: of, newer, collapse, sessions, trainers, trainees }) => [
        {
          field: "acceptOlder",
          label: newer ? t("import.acceptOlder", { day: dayOf(of), newer: dayOf(newer) }) : null,
        },
        {
          field: "acceptRemovals",
          label: collapse
            ? t("import.acceptRemovals", { count: sessions.removed + trainers.removed + trainees.removed })
            : null,
        },
      ]}
      done={() => t("import.done")}
      onDone={() => setFiles([])}
    />
  );
}

/** The day of files named `YYYYMMDD`. */
const dayOf = (name: string) =>
  day(`${name.slice(0, 4)}-${name.slice(4, 6)}-${name.slice(6)}T12:00:00Z`, "UTC");
