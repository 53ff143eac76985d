import { CircleCheck, PenLine } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { useSent } from "../../app/office/asking";
import { OfficeFooter, OfficePage } from "../../app/office/OfficePage";
import { SignIn } from "../../app/office/SignIn";
import { Page } from "../../app/Page";
import { useRefusalWords } from "../../app/refusal";
import { heldTickets } from "../../app/ticket";
import { Button } from "../../ui/Button";
import { Card, Note } from "../../ui/Card";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import styles from "./emargement.module.css";
import en from "./en.json";
import fr from "./fr.json";

addWords("emargement", { fr, en });

/**
 * Where a teacher signs: by the scanned link, which needs nothing more, or by the six digits on the screen. Who has no
 * account signs by the personal link that this tab was opened with; who has neither is told the ways there are, and
 * what was scanned waits.
 */
export default function Sign() {
  const { t } = useTranslation("emargement");
  const [token, setToken] = useState(takeToken);
  const [ticket, setTicket] = useState(takeTicket);
  const form = (by: string | null) => (
    <Form token={token} ticket={by} onUsed={() => setToken("")} onStranger={() => setTicket(null)} />
  );
  const closed = ticket ? (
    <Page title={t("sign.title")}>
      <div className={layout.stack}>
        <h1>{t("sign.title")}</h1>
        {form(ticket)}
      </div>
      <OfficeFooter />
    </Page>
  ) : (
    <SignIn title={t("sign.title")} intro={t("sign.who")} otherwise={<Otherwise />} />
  );
  return (
    <OfficePage title={t("sign.title")} back="home" closed={closed}>
      {() => form(null)}
    </OfficePage>
  );
}

/** Of the séance whose page led here, else of any that this tab was opened for. */
function takeTicket(): string | null {
  const held = heldTickets();
  const seance = new URLSearchParams(location.search).get("seance");
  return (held.find((one) => one.seance === seance) ?? held[0])?.ticket ?? null;
}

/** For who has no password. */
function Otherwise() {
  const { t } = useTranslation("emargement");
  return (
    <div className={layout.narrow}>
      <Card className={layout.tight} data-testid="sign-otherwise">
        <h2>{t("sign.otherwise")}</h2>
        <ol className={layout.tight}>
          <li>{t("sign.byLink")}</li>
          <li>{t("sign.byTrainer")}</li>
        </ol>
      </Card>
    </div>
  );
}

/** A common link, or one that no longer opens anything. */
const STRANGERS: ReadonlySet<string> = new Set([
  "login_needed",
  "ticket_invalid",
  "ticket_expired",
  "link_revoked",
]);

/** Out of the address bar at once: it is good for a minute, and of no use afterwards. */
function takeToken(): string {
  const token = decodeURIComponent(location.hash.slice(1));
  if (token && token !== "main") history.replaceState(history.state, "", location.pathname);
  return token === "main" ? "" : token;
}

interface FormProps {
  /** What was scanned; empty once it was sent. */
  token: string;
  /** Of a personal link; null for who is logged in. */
  ticket: string | null;
  onUsed: () => void;
  /** The link does not say who signs. */
  onStranger: () => void;
}

function Form({ token, ticket, onUsed, onStranger }: FormProps) {
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
      if (ticket && STRANGERS.has(refusal.code)) onStranger();
      setWrong(refusalWords(refusal));
      return true;
    },
  });
  const send = (body: { code: string } | { token: string }) =>
    sign.act({ method: "POST", path: "emargement", body, ...(ticket ? { ticket } : {}) });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scanned token is used once
  useEffect(() => {
    if (!token) return;
    onUsed();
    send({ token });
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
          send({ code: code.replace(/\s/g, "") });
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
