import { CircleCheck, PenLine } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { useSent } from "../../app/office/asking";
import { OfficePage } from "../../app/office/OfficePage";
import { useRefusalWords } from "../../app/refusal";
import { Button } from "../../ui/Button";
import { Card, Note } from "../../ui/Card";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import styles from "./emargement.module.css";
import en from "./en.json";
import fr from "./fr.json";

addWords("emargement", { fr, en });

/** Where a teacher signs: by the scanned link, which needs nothing more, or by the six digits on the screen. */
export default function Sign() {
  const { t } = useTranslation("emargement");
  const [token, setToken] = useState(takeToken);
  return (
    <OfficePage title={t("sign.title")} back="home">
      {() => <Form token={token} onUsed={() => setToken("")} />}
    </OfficePage>
  );
}

/** Out of the address bar at once: it is good for a minute, and of no use afterwards. */
function takeToken(): string {
  const token = decodeURIComponent(location.hash.slice(1));
  if (token && token !== "main") history.replaceState(history.state, "", location.pathname);
  return token === "main" ? "" : token;
}

function Form({ token, onUsed }: { token: string; onUsed: () => void }) {
  const { t } = useTranslation("emargement");
  const refusalWords = useRefusalWords();
  const [code, setCode] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const [signed, setSigned] = useState(false);
  const sign = useSent({
    after: () => {
      setWrong(null);
      setSigned(true);
    },
    refused: (refusal) => {
      setWrong(refusalWords(refusal));
      return true;
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scanned token is used once
  useEffect(() => {
    if (!token) return;
    onUsed();
    sign.act({ method: "POST", path: "emargement", body: { token } });
  }, [token]);
  if (signed) {
    return (
      <Note tone="ok" role="status" data-testid="signed">
        <CircleCheck aria-hidden="true" />
        {t("sign.done")}
      </Note>
    );
  }
  return (
    <Card>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          setWrong(null);
          sign.act({ method: "POST", path: "emargement", body: { code: code.replace(/\s/g, "") } });
        }}
      >
        <p className={layout.intro}>{t("sign.text")}</p>
        <Field
          className={styles.entry}
          label={t("sign.code")}
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9 ]{6,7}"
          maxLength={7}
          required
          value={code}
          error={wrong}
          onChange={(event) => setCode(event.target.value)}
          data-testid="emargement-digits"
        />
        <div>
          <Button
            type="submit"
            look="primary"
            size="large"
            icon={<PenLine aria-hidden="true" />}
            isPending={sign.busy}
            data-testid="emargement-sign"
          >
            {t("sign.submit")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
