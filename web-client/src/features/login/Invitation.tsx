import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { addWords } from "../../app/i18n";
import { Message } from "../../app/Message";
import { Gate } from "../../app/office/Gate";
import { paths } from "../../routes";
import en from "./en.json";
import fr from "./fr.json";
import { NewPassword } from "./NewPassword";

addWords("login", { fr, en });

/** The link of an invitation opens here: choose a password, and be logged in. The token is in the fragment. */
export default function Invitation() {
  const { t } = useTranslation("login");
  const [, go] = useLocation();
  const [token] = useState(takeToken);
  const [password, setPassword] = useState("");
  if (token === "") return <Message title={t("invitation.title")} text={t("invitation.noToken")} />;
  return (
    <Gate
      title={t("invitation.title")}
      intro={t("invitation.text")}
      act={() => ({ method: "POST", path: "invitation", body: { token, password } })}
      done={t("invitation.done")}
      after={() => go(paths.home)}
      fallback="password"
      submit={t("invitation.submit")}
      testId="invitation-submit"
    >
      <NewPassword
        name="password"
        label={t("password")}
        value={password}
        onChange={setPassword}
        data-testid="invitation-password"
      />
    </Gate>
  );
}

/** Out of the address bar at once: a copied address must not hold it. */
function takeToken(): string {
  const token = decodeURIComponent(location.hash.slice(1));
  if (token) history.replaceState(history.state, "", location.pathname);
  return token;
}
