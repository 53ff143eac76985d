import { Link2Off } from "lucide-react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { useAsked, useSent } from "../../app/office/asking";
import { SeanceFrame } from "../../app/office/SeanceFrame";
import { Shown } from "../../app/office/Shown";
import type { GaiaLink, GaiaLinks, PlannedSeance } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Tag } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import en from "./en.json";
import fr from "./fr.json";
import { Search } from "./Search";

addWords("gaia", { fr, en });

/** The GAIA sessions that this séance follows: each import adds and removes people, as long as it has not begun. */
export default function SeanceGaia({ seance }: { seance: string }) {
  const { t } = useTranslation("gaia");
  return (
    <SeanceFrame seance={seance} title={t("links.title")}>
      {(view) => (
        <>
          <Links view={view} />
          <Search view={view} />
        </>
      )}
    </SeanceFrame>
  );
}

const nameOf = (link: GaiaLink) => `${link.moduleName} – ${link.place}`;

function Links({ view }: { view: PlannedSeance }) {
  const seance = view.id;
  const { t } = useTranslation("gaia");
  const links = useAsked<GaiaLinks>(`seances/${seance}/gaia-links`);
  const unlink = useSent({ done: t("links.removed") });
  return (
    <section className={layout.tight} aria-labelledby="links">
      <h2 id="links">{t("links.followed")}</h2>
      <Shown of={links}>
        {({ sessions: list }) =>
          list.length === 0 ? (
            <p className={layout.empty}>{t("links.none")}</p>
          ) : (
            <ul className={layout.rows}>
              {list.map((link) => (
                <li key={`${link.base}-${link.session}`} className={layout.row} data-testid="gaia-link">
                  <div className={layout.rowMain}>
                    <h3>{nameOf(link)}</h3>
                    <p className={layout.small}>
                      {link.base} · {link.dispositif} · {link.module} · {link.session}
                    </p>
                    <p className={layout.small}>
                      {t("links.counts", { trainers: link.trainers, trainees: link.trainees })}
                    </p>
                    <p className={layout.cluster}>
                      {link.academy === view.academy ? null : <Tag tone="plain">{link.academy}</Tag>}
                      {link.withTrainers ? null : <Tag tone="plain">{t("links.withoutTrainers")}</Tag>}
                      {link.groupName ? <Tag tone="plain">{link.groupName}</Tag> : null}
                      {link.removed ? <Tag tone="warn">{t("links.gone")}</Tag> : null}
                    </p>
                  </div>
                  <Button
                    look="quiet"
                    icon={<Link2Off aria-hidden="true" />}
                    isPending={unlink.busy}
                    aria-label={t("links.removeName", { name: nameOf(link) })}
                    onPress={() =>
                      unlink.act({
                        method: "DELETE",
                        path: `seances/${seance}/gaia-links`,
                        body: {
                          base: link.base,
                          dispositif: link.dispositif,
                          module: link.module,
                          session: link.session,
                        },
                      })
                    }
                  >
                    {t("links.remove")}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}
