import { LogIn } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keepCsrf } from "../../protocol/rest";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { Page } from "../Page";
import { useRefusalWords } from "../refusal";
import { useSent } from "./asking";
import { OfficeFooter } from "./OfficePage";

/** Address and password. Whoever only has a link into a séance does not need them, and is told so. */
export function SignIn() {
  const { t } = useTranslation("app");
  const refusalWords = useRefusalWords();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const login = useSent({
    after: () => {
      // The first thing asked afterwards is who I am: that answer brings the value for later requests.
      keepCsrf(null);
      setWrong(null);
    },
    refused: (refusal) => {
      setWrong(refusalWords(refusal));
      return true;
    },
  });
  return (
    <Page title={t("signIn.title")}>
      <div className={layout.narrow}>
        <Card>
          <form
            className={layout.form}
            onSubmit={(event) => {
              event.preventDefault();
              login.act({ method: "POST", path: "login", body: { email, password } });
            }}
          >
            <h1>{t("signIn.title")}</h1>
            <p className={layout.intro}>{t("signIn.text")}</p>
            <Field
              label={t("signIn.email")}
              type="email"
              autoComplete="username"
              required
              value={email}
              onChange={(event) => setEmail(event.target.value)}
              data-testid="login-email"
            />
            <Field
              label={t("signIn.password")}
              type="password"
              autoComplete="current-password"
              required
              value={password}
              error={wrong}
              onChange={(event) => setPassword(event.target.value)}
              data-testid="login-password"
            />
            <Button
              type="submit"
              look="primary"
              size="large"
              wide
              isDisabled={login.busy}
              icon={<LogIn aria-hidden="true" />}
              data-testid="login-submit"
            >
              {t("signIn.submit")}
            </Button>
          </form>
        </Card>
      </div>
      <OfficeFooter />
    </Page>
  );
}
