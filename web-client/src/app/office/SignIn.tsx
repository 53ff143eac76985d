import { LogIn } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { keepCsrf } from "../../protocol/rest";
import { Line } from "./Form";
import { Gate } from "./Gate";
import { OfficeFooter } from "./OfficePage";

interface SignInProps {
  /** What it is for and why, where there are other ways; otherwise the general words. */
  title?: string;
  intro?: string;
  /** Those other ways, below. */
  otherwise?: ReactNode;
}

/** Address and password. Whoever only has a link into a séance does not need them, and is told so. */
export function SignIn({ title, intro, otherwise }: SignInProps = {}) {
  const { t } = useTranslation("app");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  return (
    <Gate
      title={title ?? t("signIn.title")}
      intro={intro ?? t("signIn.text")}
      act={() => ({ method: "POST", path: "login", body: { email, password } })}
      // The first thing asked afterwards is who I am: that answer brings the value for later requests.
      after={() => keepCsrf(null)}
      fallback="password"
      submit={t("signIn.submit")}
      icon={<LogIn aria-hidden="true" />}
      testId="login-submit"
      footer={
        <>
          {otherwise}
          <OfficeFooter />
        </>
      }
    >
      <Line
        name="email"
        label={t("signIn.email")}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={setEmail}
        data-testid="login-email"
      />
      <Line
        name="password"
        label={t("signIn.password")}
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
        data-testid="login-password"
      />
    </Gate>
  );
}
