import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch } from "wouter";
import { paths } from "../../routes";
import { Message, Waiting } from "../Message";
import { queries } from "./asking";

const Home = lazy(() => import("../../features/home/Home"));
const Invitation = lazy(() => import("../../features/login/Invitation"));
const Account = lazy(() => import("../../features/login/Account"));
const NewSeance = lazy(() => import("../../features/planning/NewSeance"));
const Settings = lazy(() => import("../../features/planning/Settings"));
const Sessions = lazy(() => import("../../features/planning/Sessions"));
const Session = lazy(() => import("../../features/planning/Session"));
const Enrolments = lazy(() => import("../../features/enrolment/Enrolments"));
const SessionEnrolments = lazy(() => import("../../features/enrolment/SessionEnrolments"));
const SeanceGaia = lazy(() => import("../../features/gaia/SeanceGaia"));
const GaiaImport = lazy(() => import("../../features/gaia/GaiaImport"));
const SchoolImport = lazy(() => import("../../features/school/SchoolImport"));
const Desk = lazy(() => import("../../features/emargement/Desk"));
const Sign = lazy(() => import("../../features/emargement/Sign"));
const SessionHours = lazy(() => import("../../features/hours/SessionHours"));
const Attestation = lazy(() => import("../../features/attestation/Attestation"));
const Supervision = lazy(() => import("../../features/supervision/Supervision"));
const Statistics = lazy(() => import("../../features/supervision/Statistics"));
const People = lazy(() => import("../../features/people/People"));
const Privacy = lazy(() => import("../../features/privacy/Privacy"));
const Retention = lazy(() => import("../../features/privacy/Retention"));
const Accessibility = lazy(() => import("../../features/privacy/Accessibility"));

/** The pages of organisers, trainers, teachers and inspectors: one chunk for what they share, one for each feature. */
export default function Office() {
  const { t } = useTranslation("app");
  return (
    <QueryClientProvider client={queries}>
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path={paths.home}>
            <Home />
          </Route>
          <Route path={paths.login}>
            <Redirect to={paths.home} replace />
          </Route>
          <Route path={paths.invitation}>
            <Invitation />
          </Route>
          <Route path={paths.account}>
            <Account />
          </Route>
          <Route path={paths.newSeance}>
            <NewSeance />
          </Route>
          <Route path={paths.settings}>{({ seance }) => <Settings key={seance} seance={seance} />}</Route>
          <Route path={paths.enrolments}>{({ seance }) => <Enrolments seance={seance} />}</Route>
          <Route path={paths.seanceGaia}>{({ seance }) => <SeanceGaia seance={seance} />}</Route>
          <Route path={paths.emargementDesk}>{({ seance }) => <Desk seance={seance} />}</Route>
          <Route path={paths.sessions}>
            <Sessions />
          </Route>
          <Route path={paths.session}>{({ session }) => <Session key={session} session={session} />}</Route>
          <Route path={paths.sessionHours}>{({ session }) => <SessionHours session={session} />}</Route>
          <Route path={paths.sessionEnrolments}>
            {({ session }) => <SessionEnrolments session={session} />}
          </Route>
          <Route path={paths.gaia}>
            <GaiaImport />
          </Route>
          <Route path={paths.schools}>
            <SchoolImport />
          </Route>
          <Route path={paths.people}>
            <People />
          </Route>
          <Route path={paths.supervision}>
            <Supervision />
          </Route>
          <Route path={paths.statistics}>
            <Statistics />
          </Route>
          <Route path={paths.emargement}>
            <Sign />
          </Route>
          <Route path={paths.attestation}>{({ code }) => <Attestation code={code} />}</Route>
          <Route path={paths.privacy}>
            <Privacy />
          </Route>
          <Route path={paths.retention}>
            <Retention />
          </Route>
          <Route path={paths.accessibility}>
            <Accessibility />
          </Route>
          <Route>
            <Message title={t("noSuchPage.title")} text={t("noSuchPage.text")} />
          </Route>
        </Switch>
      </Suspense>
    </QueryClientProvider>
  );
}
