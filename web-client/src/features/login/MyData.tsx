import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day, frenchSpaces, timeOfDay } from "../../app/dates";
import { useAsked } from "../../app/office/asking";
import { Shown } from "../../app/office/Shown";
import { useSaving } from "../../app/office/saving";
import type { ViewOfMe } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import layout from "../../ui/layout.module.css";

/** What is shown of the views before somebody asks for all of them. */
const SHORT = 10;

/** Everything the server keeps about me, to take away, and who looked at it. */
export function MyData() {
  const { t } = useTranslation("login");
  const { busy, save } = useSaving();
  return (
    <Card className={layout.tight}>
      <h2>{t("data.title")}</h2>
      <p className={layout.small}>{t("data.text")}</p>
      <div className={layout.cluster}>
        <Button
          icon={<Download aria-hidden="true" />}
          isPending={busy}
          onPress={() => save("/api/me/data")}
          data-testid="data-json"
        >
          {t("data.json")}
        </Button>
        <Button
          icon={<Download aria-hidden="true" />}
          isPending={busy}
          onPress={() => save("/api/me/data.pdf")}
          data-testid="data-pdf"
        >
          {t("data.pdf")}
        </Button>
      </div>
      <Views />
    </Card>
  );
}

function Views() {
  const { t } = useTranslation("login");
  const views = useAsked<ViewOfMe[]>("me/views");
  const [all, setAll] = useState(false);
  return (
    <>
      <h3>{t("data.views")}</h3>
      <Shown of={views}>
        {(list) =>
          list.length === 0 ? (
            <p className={layout.small}>{t("data.noViews")}</p>
          ) : (
            <>
              <ul className={layout.lines} data-testid="views">
                {list.slice(0, all ? list.length : SHORT).map((view) => (
                  <li key={`${view.at}-${view.what}-${view.viewer}-${view.title}`} className={layout.line}>
                    <span>
                      {t("data.view", {
                        viewer: view.viewer || t("data.nobody"),
                        what: t(`data.viewed.${view.what}`),
                      })}
                      {view.title ? ` ${t("data.titled", { title: frenchSpaces(view.title) })}` : ""}
                    </span>
                    <time dateTime={view.at} className={layout.small}>
                      {day(view.at, "Europe/Paris")}, {timeOfDay(view.at, "Europe/Paris")}
                    </time>
                  </li>
                ))}
              </ul>
              {list.length > SHORT && !all ? (
                <div>
                  <Button size="small" look="quiet" onPress={() => setAll(true)}>
                    {t("data.allViews", { count: list.length })}
                  </Button>
                </div>
              ) : null}
            </>
          )
        }
      </Shown>
    </>
  );
}
