import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { addWords } from "../../app/i18n";
import { Message } from "../../app/Message";
import { useSent } from "../../app/office/asking";
import { Page } from "../../app/Page";
import { useRefusalWords } from "../../app/refusal";
import { paths } from "../../routes";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import en from "./en.json";
import fr from "./fr.json";

addWords("login", { fr, en });

export const SHORTEST = 12;

/** The link of an invitation opens here: choose a password, and be logged in. The token is in the fragment. */
export default function Invitation() {
  const { t } = useTranslation("login");
  const [token] = useState(takeToken);
  if (token === "") return <Message title={t("invitation.title")} text={t("invitation.noToken")} />;
  return <Choose token={token} />;
}

/** Out of the address bar at once: a copied address must not hold it. */
function takeToken(): string {
  const token = decodeURIComponent(location.hash.slice(1));
  if (token) history.replaceState(history.state, "", location.pathname);
  return token;
}

function Choose({ token }: { token: string }) {
  const { t } = useTranslation("login");
  const refusalWords = useRefusalWords();
  const [, go] = useLocation();
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const invitation = useSent({
    done: t("invitation.done"),
    after: () => go(paths.home),
    refused: (refusal) => {
      setWrong(refusalWords(refusal));
      return true;
    },
  });
  return (
    <Page title={t("invitation.title")}>
      <div className={layout.narrow}>
        <Card>
          <form
            className={layout.form}
            onSubmit={(event) => {
              event.preventDefault();
              if ([...password].length < SHORTEST) {
                setWrong(t("tooShort", { count: SHORTEST }));
                return;
              }
              invitation.act({ method: "POST", path: "invitation", body: { token, password } });
            }}
          >
            <h1>{t("invitation.title")}</h1>
            <p className={layout.intro}>{t("invitation.text")}</p>
            <Field
              label={t("password")}
              hint={t("rule", { count: SHORTEST })}
              type="password"
              autoComplete="new-password"
              required
              value={password}
              error={wrong}
              onChange={(event) => setPassword(event.target.value)}
              data-testid="invitation-password"
            />
            <Button
              type="submit"
              look="primary"
              size="large"
              wide
              isDisabled={invitation.busy}
              data-testid="invitation-submit"
            >
              {t("invitation.submit")}
            </Button>
          </form>
        </Card>
      </div>
    </Page>
  );
}
