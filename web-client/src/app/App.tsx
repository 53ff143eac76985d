import { Suspense, useEffect } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useTranslation } from "react-i18next";
import { Route, Switch } from "wouter";
import { Attendance, Office, Playback, paths } from "../routes";
import { Toasts } from "../ui/Toasts";
import { ErrorBoundary } from "./ErrorBoundary";
import { LiveRegions } from "./LiveRegions";
import { Waiting } from "./Message";
import { SeancePage } from "./SeancePage";
import { SlowFiles } from "./SlowFiles";
import { isTicket, takeTicketFromAddress } from "./ticket";

/** Providers, routes, and what is present on every screen. */
export function App() {
  const { i18n } = useTranslation("app");

  // Another link of the same séance pasted into the same tab only changes the fragment: start again with it.
  useEffect(() => {
    const onHash = () => {
      if (!isTicket(location.hash.slice(1))) return;
      takeTicketFromAddress();
      location.reload();
    };
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);

  return (
    <I18nProvider locale={i18n.language === "en" ? "en-US" : "fr-FR"}>
      <ErrorBoundary>
        <Suspense fallback={<Waiting />}>
          <Switch>
            <Route path={paths.presence}>{({ seance }) => <Attendance seance={seance} />}</Route>
            <Route path={paths.replay}>
              {({ seance, recording }) => <Playback seance={seance} recording={recording} />}
            </Route>
            <Route path={paths.seance}>{({ seance }) => <SeancePage key={seance} seance={seance} />}</Route>
            <Route>
              <Office />
            </Route>
          </Switch>
        </Suspense>
      </ErrorBoundary>
      <Toasts />
      <SlowFiles />
      <LiveRegions />
    </I18nProvider>
  );
}
