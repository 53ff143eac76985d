import { useTranslation } from "react-i18next";
import { RejectedLines } from "../../app/office/import/RejectedLines";
import type { GaiaRejected, GaiaRemark } from "../../protocol/office";
import layout from "../../ui/layout.module.css";

interface RejectedProps {
  lines: readonly GaiaRejected[];
  remarks: readonly GaiaRemark[];
}

/** Every line that was not taken, and what was remarked about others. */
export function Rejected({ lines, remarks }: RejectedProps) {
  const { t } = useTranslation("gaia");
  return (
    <>
      <RejectedLines
        lines={lines}
        head={t("rejected.line")}
        where={({ file, line }) => `${file}, ${line}`}
        why={(line) => <Why line={line} />}
        data-testid="gaia-rejected"
      />
      {remarks.length > 0 ? (
        <ul className={layout.lines}>
          {remarks.map((remark) => (
            <li key={`${remark.file}-${remark.line}`} lang="fr">
              {remark.file}, {remark.line} : {remark.what}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

const CODES = ["NB_CHAMPS", "CHAMP_VIDE", "CHAMP_INVALIDE", "DATE_INVALIDE", "ENCODAGE", "DOUBLON"] as const;

/** The reason in the words of the page, with what the server found besides. */
function Why({ line }: { line: GaiaRejected }) {
  const { t } = useTranslation("gaia");
  const known = CODES.find((code) => code === line.code);
  return (
    <>
      {known ? t(`codes.${known}`) : line.code}
      <br />
      <span className={layout.small} lang="fr">
        {line.why}
      </span>
    </>
  );
}
