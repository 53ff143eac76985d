import { Link2, Link2Off, Trash2, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAsked, useSent } from "../../app/office/asking";
import { useNames } from "../../app/office/names";
import { Shown } from "../../app/office/Shown";
import type { EnrolmentView } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Note, Tag } from "../../ui/Card";
import { CopyLine } from "../../ui/CopyLine";
import { Dialog } from "../../ui/Dialog";
import { Long } from "../../ui/Long";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";
import { type Column, Table } from "../../ui/Table";

interface ExpectedProps {
  /** `seances/ID` or `sessions-formation/ID`. */
  of: string;
  /** Links into one séance are made where there is one. */
  seance: string | null;
}

/** Who is expected, with the way in of each. */
export function Expected({ of, seance }: ExpectedProps) {
  const { t } = useTranslation("enrolment");
  const enrolments = useAsked<EnrolmentView[]>(`${of}/enrolments`);
  return (
    <section className={layout.tight} aria-labelledby="expected">
      <h2 id="expected">{t("expected", { count: enrolments.data?.length ?? 0 })}</h2>
      <Shown of={enrolments}>{(list) => <List of={of} seance={seance} list={list} />}</Shown>
    </section>
  );
}

/** Everybody, who has never come in, or a group. */
const ALL = "all";
const NEVER = "never";

function List({ of, seance, list }: ExpectedProps & { list: EnrolmentView[] }) {
  const { t } = useTranslation("enrolment");
  const [only, setOnly] = useState(ALL);
  const never = list.filter(({ neverIn }) => neverIn).length;
  const groups = [...new Set(list.map(({ group }) => group).filter(Boolean))].sort();
  const found = list.filter((row) =>
    only === ALL ? true : only === NEVER ? row.neverIn : `group:${row.group}` === only,
  );
  return (
    <>
      {never > 0 ? (
        <Note>
          <TriangleAlert aria-hidden="true" />
          <span data-testid="never-in">{t("never.told", { count: never })}</span>
        </Note>
      ) : null}
      {never > 0 || groups.length > 0 ? (
        <div className={layout.fields}>
          <Select
            label={t("only.label")}
            value={only}
            options={[
              { value: ALL, label: t("only.all", { count: list.length }) },
              { value: NEVER, label: t("only.never", { count: never }) },
              ...groups.map((group) => ({ value: `group:${group}`, label: group })),
            ]}
            onChange={setOnly}
            data-testid="enrolled-only"
          />
        </div>
      ) : null}
      {only === ALL ? null : (
        <p role="status" className={layout.small}>
          {t("only.shown", { count: found.length })}
        </p>
      )}
      <Rows of={of} seance={seance} list={found} />
    </>
  );
}

function Rows({ of, seance, list }: ExpectedProps & { list: EnrolmentView[] }) {
  const { t } = useTranslation("enrolment");
  const names = useNames();
  const [made, setMade] = useState<{ name: string; link: string } | null>(null);
  const columns: Column<EnrolmentView>[] = [
    {
      id: "name",
      head: t("columns.name"),
      rowHeader: true,
      cell: ({ person }) => (
        <>
          {names.listed(person)}
          <span className={layout.small}>
            <br />
            {person.email}
          </span>
        </>
      ),
    },
    { id: "role", head: t("columns.role"), cell: ({ role }) => t(`roles.${role}`) },
    {
      id: "source",
      head: t("columns.source"),
      cell: ({ source, answer, group, neverIn }) => (
        <span className={layout.cluster}>
          <Tag tone="plain">{t(`sources.${source}`)}</Tag>
          {group ? <Tag tone="plain">{group}</Tag> : null}
          {neverIn ? <Tag tone="warn">{t("never.tag")}</Tag> : null}
          {answer === "waiting" ? null : (
            <Tag tone={answer === "yes" ? "ok" : "warn"}>{t(`answers.${answer}`)}</Tag>
          )}
        </span>
      ),
    },
    {
      id: "acts",
      head: <span className="visually-hidden">{t("columns.acts")}</span>,
      cell: (row) => <Acts of={of} seance={seance} row={row} onLink={setMade} />,
    },
  ];
  return (
    <>
      <Long rows={list} text={({ person }) => `${names.listed(person)} ${person.email}`}>
        {(some) => (
          <Table
            caption={t("title")}
            columns={columns}
            rows={some}
            rowKey={({ person }) => person.id}
            rowAttributes={({ person }) => ({ "data-testid": "enrolled", "data-name": person.lastName })}
            empty={t("nobody")}
          />
        )}
      </Long>
      <Dialog
        title={t("link.title", { name: made?.name ?? "" })}
        isOpen={made !== null}
        onOpenChange={(open) => !open && setMade(null)}
      >
        <p>{t("link.text")}</p>
        <CopyLine label={t("link.label")} value={made?.link ?? ""} />
      </Dialog>
    </>
  );
}

interface ActsProps extends ExpectedProps {
  row: EnrolmentView;
  onLink: (made: { name: string; link: string }) => void;
}

function Acts({ of, seance, row, onLink }: ActsProps) {
  const { t } = useTranslation("enrolment");
  const { person } = row;
  const name = useNames().spoken(person);
  const link = useSent<{ link: string }>({ after: (answer) => onLink({ name, link: answer.link }) });
  const revoke = useSent({ done: t("link.revoked", { name }) });
  const remove = useSent({ done: t("removed", { name }) });
  const personal = `seances/${seance}/personal-links/${person.id}`;
  return (
    <span className={layout.cluster}>
      {seance ? (
        <>
          <Button
            size="small"
            icon={<Link2 aria-hidden="true" />}
            isPending={link.busy}
            onPress={() => link.act({ method: "POST", path: personal })}
            aria-label={t("link.makeFor", { name })}
            data-testid="personal-link"
          >
            {t("link.make")}
          </Button>
          <Button
            size="small"
            look="quiet"
            icon={<Link2Off aria-hidden="true" />}
            isPending={revoke.busy}
            onPress={() => revoke.act({ method: "DELETE", path: personal })}
            aria-label={t("link.revokeFor", { name })}
          >
            {t("link.revoke")}
          </Button>
        </>
      ) : null}
      <Button
        size="small"
        look="quiet"
        icon={<Trash2 aria-hidden="true" />}
        isPending={remove.busy}
        onPress={() => remove.act({ method: "DELETE", path: `${of}/enrolments/${person.id}` })}
        aria-label={t("removeName", { name })}
      >
        {t("remove")}
      </Button>
    </span>
  );
}
