import { CalendarPlus, LogOut, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { addWords } from "../../app/i18n";
import { queries, useSent } from "../../app/office/asking";
import { Form, Line, Submit } from "../../app/office/Form";
import { OfficePage } from "../../app/office/OfficePage";
import type { Me } from "../../protocol/office";
import { keepCsrf } from "../../protocol/rest";
import { paths } from "../../routes";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { CopyLine } from "../../ui/CopyLine";
import layout from "../../ui/layout.module.css";
import en from "./en.json";
import fr from "./fr.json";
import { MyData } from "./MyData";
import { MySchool } from "./MySchool";
import { NewPassword } from "./NewPassword";

addWords("login", { fr, en });

/** One's own account: who I am here, my password, my calendar, my data and who looked at them. */
export default function Account() {
  const { t } = useTranslation("login");
  return (
    <OfficePage title={t("account.title")} back="home" actions={<Leave />}>
      {(me) => (
        <div className={layout.columns}>
          <div className={layout.stack}>
            <Identity me={me} />
            <MySchool me={me} />
            <Calendar />
            <Password />
          </div>
          <MyData />
        </div>
      )}
    </OfficePage>
  );
}

function Leave() {
  const { t } = useTranslation("login");
  const [, go] = useLocation();
  const logout = useSent({
    done: t("account.left"),
    after: () => {
      keepCsrf(null);
      queries.clear();
      go(paths.home);
    },
  });
  return (
    <Button
      icon={<LogOut aria-hidden="true" />}
      isPending={logout.busy}
      onPress={() => logout.act({ method: "POST", path: "logout" })}
      data-testid="logout"
    >
      {t("account.leave")}
    </Button>
  );
}

function Identity({ me }: { me: Me }) {
  const { t } = useTranslation("login");
  return (
    <Card className={layout.tight}>
      <h2>
        {me.person.firstName} {me.person.lastName}
      </h2>
      <p>{me.person.email}</p>
      {me.roles.length > 0 ? (
        <ul className={layout.lines}>
          {me.roles.map(({ role, scope }) => (
            <li key={`${role}-${scope}`}>
              {t(`roles.${role}`)}
              {scope ? ` (${scope})` : ""}
            </li>
          ))}
        </ul>
      ) : (
        <p className={layout.small}>{t("account.noRole")}</p>
      )}
    </Card>
  );
}

function Password() {
  const { t } = useTranslation("login");
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  return (
    <Card>
      <Form
        act={() => ({ method: "POST", path: "password", body: { old: current, new: next } })}
        done={t("account.passwordChanged")}
        after={() => {
          setCurrent("");
          setNext("");
        }}
        fallback="old"
      >
        <h2>{t("account.password")}</h2>
        <Line
          name="old"
          label={t("account.current")}
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={setCurrent}
        />
        <NewPassword name="new" label={t("account.next")} value={next} onChange={setNext} />
        <Submit look="secondary">{t("account.change")}</Submit>
      </Form>
    </Card>
  );
}

function Calendar() {
  const { t } = useTranslation("login");
  const [url, setUrl] = useState<string | null>(null);
  const make = useSent<{ url: string }>({ after: (answer) => setUrl(answer.url) });
  const revoke = useSent({ done: t("calendar.revoked"), after: () => setUrl(null) });
  return (
    <Card className={layout.tight}>
      <h2>{t("calendar.title")}</h2>
      <p className={layout.small}>{t("calendar.text")}</p>
      {url ? <CopyLine label={t("calendar.address")} value={url} /> : null}
      <div className={layout.cluster}>
        <Button
          icon={<CalendarPlus aria-hidden="true" />}
          isPending={make.busy}
          onPress={() => make.act({ method: "POST", path: "calendar" })}
          data-testid="calendar-make"
        >
          {t("calendar.make")}
        </Button>
        <Button
          look="quiet"
          icon={<Trash2 aria-hidden="true" />}
          isPending={revoke.busy}
          onPress={() => revoke.act({ method: "DELETE", path: "calendar" })}
        >
          {t("calendar.revoke")}
        </Button>
      </div>
    </Card>
  );
}
