import { useQuery } from "@tanstack/react-query";
import { Link2, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Form, Line, Submit } from "../../app/office/Form";
import { Shown } from "../../app/office/Shown";
import type { GaiaLinks, GaiaSession, NewGaiaLink, PlannedSeance } from "../../protocol/office";
import { send } from "../../protocol/rest";
import { Button } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";
import { Checkbox } from "../../ui/Field";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";

interface MakeLinkProps {
  view: PlannedSeance;
  session: GaiaSession;
}

/** Links the séance to a session of GAIA, once it was said whom that enrols. */
export function MakeLink({ view, session }: MakeLinkProps) {
  const { t } = useTranslation("gaia");
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        look="primary"
        icon={<Link2 aria-hidden="true" />}
        onPress={() => setOpen(true)}
        data-testid="gaia-link-make"
      >
        {t("search.link")}
        <span className="visually-hidden"> {session.session}</span>
      </Button>
      <Dialog title={t("link.title", { session: session.session })} isOpen={open} onOpenChange={setOpen}>
        <Options view={view} session={session} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Options({ view, session, onDone }: MakeLinkProps & { onDone: () => void }) {
  const { t } = useTranslation("gaia");
  const [trainers, setTrainers] = useState(true);
  const [overwrite, setOverwrite] = useState(false);
  const [group, setGroup] = useState("");
  const begun = view.state !== "planned" || Date.parse(view.startsAt) <= Date.now();
  const { base, dispositif, module } = session;
  const how: NewGaiaLink = { base, dispositif, module, session: session.session, trainers, overwrite };
  const path = `seances/${view.id}/gaia-links`;
  const told = useQuery<GaiaLinks>({
    queryKey: [`${path}?preview`, how],
    queryFn: () => send<GaiaLinks>("POST", `/api/${path}?preview=true`, how),
  });
  return (
    <Form
      act={() => ({ method: "POST", path, body: { ...how, group } })}
      done={t("links.made")}
      after={onDone}
    >
      <p>{t("link.text")}</p>
      {session.trainers > 0 ? (
        <Checkbox
          label={t("link.trainers", { count: session.trainers })}
          checked={trainers}
          onChange={({ target }) => setTrainers(target.checked)}
          data-testid="link-trainers"
        />
      ) : null}
      <Fold title={t("link.more")} data-testid="link-more">
        <Line
          name="group"
          label={t("link.group")}
          hint={t("link.groupHint", { group: session.group })}
          maxLength={40}
          value={group}
          onChange={setGroup}
          data-testid="link-group"
        />
        {begun ? (
          <p className={layout.small}>{t("link.begun")}</p>
        ) : (
          <Checkbox
            label={t("link.overwrite")}
            checked={overwrite}
            onChange={({ target }) => setOverwrite(target.checked)}
            data-testid="link-overwrite"
          />
        )}
      </Fold>
      <Shown of={told}>{(links) => <Told links={links} />}</Shown>
      <div>
        <Submit icon={<Link2 aria-hidden="true" />} data-testid="gaia-link-confirm">
          {t("search.link")}
        </Submit>
      </div>
    </Form>
  );
}

/** What the press would change, before it is pressed. */
function Told({ links }: { links: GaiaLinks }) {
  const { t } = useTranslation("gaia");
  return (
    <div role="status" className={layout.tight}>
      <p data-testid="link-told">{t("link.enrols", { count: links.enrolled })}</p>
      {links.unenrolled > 0 ? (
        <Note tone="warn">
          <TriangleAlert aria-hidden="true" />
          <span data-testid="link-strikes">{t("link.strikes", { count: links.unenrolled })}</span>
        </Note>
      ) : null}
    </div>
  );
}
