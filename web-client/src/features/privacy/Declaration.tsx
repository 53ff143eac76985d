import type { ReactNode } from "react";
import { OfficeFooter } from "../../app/office/OfficePage";
import { Page } from "../../app/Page";
import layout from "../../ui/layout.module.css";

/** A text that everybody may read, logged in or not. */
export function Declaration({
  title,
  intro,
  parts,
}: {
  title: string;
  intro: ReactNode;
  parts: readonly { title: string; points: readonly string[] }[];
}) {
  return (
    <Page title={title}>
      <div className={layout.prose}>
        <h1>{title}</h1>
        <p className={layout.intro}>{intro}</p>
        {parts.map((part) => (
          <section key={part.title} className={layout.tight}>
            <h2>{part.title}</h2>
            <ul>
              {part.points.map((point) => (
                <li key={point}>{point}</li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      <OfficeFooter />
    </Page>
  );
}
