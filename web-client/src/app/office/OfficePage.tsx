import { ArrowLeft, CircleUser, House } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Me } from "../../protocol/office";
import { paths } from "../../routes";
import { Button } from "../../ui/Button";
import buttons from "../../ui/button.module.css";
import layout from "../../ui/layout.module.css";
import app from "../app.module.css";
import { Message, Waiting } from "../Message";
import { Page } from "../Page";
import { useFailureWords, useMe } from "./asking";
import { SignIn } from "./SignIn";

interface OfficePageProps {
  title: string;
  /** Said under the title, in a sentence. */
  intro?: ReactNode;
  /** Where this screen comes from. */
  back?: "home" | { href: string; label: string };
  /** Instead of the page, for who is not logged in: other words, or another way. */
  closed?: ReactNode;
  /** Buttons beside the title. */
  actions?: ReactNode;
  children: (me: Me) => ReactNode;
}

/** A page for people who are logged in: who I am in the header, the way back, one title. */
export function OfficePage({ title, intro, back, closed, actions, children }: OfficePageProps) {
  const { t } = useTranslation("app");
  const words = useFailureWords();
  const me = useMe();
  if (me.data === undefined) {
    return me.error ? (
      <Message title={t("unreachable.title")} text={words(me.error)}>
        <Button look="primary" isPending={me.isFetching} onPress={() => void me.refetch()}>
          {t("retry")}
        </Button>
      </Message>
    ) : (
      <Waiting />
    );
  }
  if (me.data === null) return closed ?? <SignIn />;
  const way = back === "home" ? { href: paths.home, label: t("office.home") } : back;
  return (
    <Page title={title} actions={<WhoIAm me={me.data} />}>
      <div className={layout.stack}>
        <div className={layout.heading}>
          {way ? (
            <Link href={way.href} className={layout.back}>
              <ArrowLeft aria-hidden="true" />
              {way.label}
            </Link>
          ) : null}
          <div className={layout.titleRow}>
            <h1>{title}</h1>
            {actions ? <div className={layout.cluster}>{actions}</div> : null}
          </div>
          {intro ? <p className={layout.intro}>{intro}</p> : null}
        </div>
        {children(me.data)}
      </div>
      <OfficeFooter />
    </Page>
  );
}

/** The way home, and to one's own account. */
export function WhoIAm({ me }: { me: Me }) {
  const { t } = useTranslation("app");
  const link = [buttons.button, buttons.quiet, buttons.small].join(" ");
  return (
    <nav aria-label={t("office.nav")} className={layout.together}>
      <Link href={paths.home} className={link} data-testid="nav-home">
        <House aria-hidden="true" />
        <span className={app.wideWords}>{t("office.home")}</span>
      </Link>
      <Link href={paths.account} className={link} data-testid="nav-account">
        <CircleUser aria-hidden="true" />
        <span className={app.wideWords}>
          {me.person.firstName} {me.person.lastName}
        </span>
      </Link>
    </nav>
  );
}

/** The two declarations that every page leads to. */
export function OfficeFooter() {
  const { t } = useTranslation("app");
  return (
    <footer className={layout.footer}>
      <Link href={paths.accessibility}>{t("office.accessibility")}</Link>
      <Link href={paths.privacy}>{t("office.privacy")}</Link>
    </footer>
  );
}
