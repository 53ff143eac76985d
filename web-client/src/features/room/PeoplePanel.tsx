import { Ellipsis, Hand, Mic, MicOff, Video, WifiOff } from "lucide-react";
import { memo, useState } from "react";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import type { Person } from "../../protocol/generated/protocol";
import { leads, may, takesPart, trackOf } from "../../store/room";
import { Avatar } from "../../ui/Avatar";
import { Button, IconButton } from "../../ui/Button";
import { Tag } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";
import { Bars } from "./Bars";
import { useClassroom, useRoom } from "./context";
import { showsCamera } from "./layout";
import styles from "./people.module.css";
import { place } from "./Tile";
import menu from "./toolbar.module.css";

/** Raised hands in order, then everybody. */
export function PeoplePanel() {
  const { t } = useTranslation("room");
  const { t: common } = useTranslation("app");
  const classroom = useClassroom();
  const people = useRoom((state) => state.people);
  const moderates = useRoom((state) => may(state, "moderate"));
  const [removing, setRemoving] = useState<Person | null>(null);
  const collator = new Intl.Collator(document.documentElement.lang || "fr");
  const byName = (a: Person, b: Person) =>
    Number(leads(b.role)) - Number(leads(a.role)) || collator.compare(a.name, b.name);
  const present = people.filter((person) => takesPart(person.role)).sort(byName);
  const watching = people.filter((person) => !takesPart(person.role)).sort(byName);
  return (
    <div className={styles.people}>
      <Hands />
      {moderates ? (
        <div className={styles.acts}>
          <Button
            size="small"
            icon={<MicOff aria-hidden="true" />}
            onPress={() => classroom.act({ type: "mute_all" })}
            data-testid="mute-all"
          >
            {t("people.muteAll")}
          </Button>
        </div>
      ) : null}
      <PeopleList
        title={t("people.present", { count: present.length })}
        people={present}
        onRemove={setRemoving}
      />
      {watching.length > 0 ? (
        <PeopleList
          title={t("people.watching", { count: watching.length })}
          people={watching}
          onRemove={setRemoving}
        />
      ) : null}
      <Dialog
        question
        title={t("people.removeTitle", { name: removing?.name ?? "" })}
        isOpen={removing !== null}
        onOpenChange={(open) => open || setRemoving(null)}
        actions={
          <>
            <Button onPress={() => setRemoving(null)}>{common("cancel")}</Button>
            <Button
              look="danger"
              data-testid="remove-confirm"
              onPress={() => {
                if (removing) classroom.act({ type: "remove", participant: removing.id });
                setRemoving(null);
              }}
            >
              {t("people.remove")}
            </Button>
          </>
        }
      >
        <p>{t("people.removeText")}</p>
      </Dialog>
    </div>
  );
}

/** The queue: first raised, first served. */
function Hands() {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const hands = useRoom((state) => state.hands);
  const people = useRoom((state) => state.people);
  const moderates = useRoom((state) => may(state, "moderate"));
  const raised = hands.flatMap((id) => people.filter((person) => person.id === id));
  if (raised.length === 0) return null;
  return (
    <section className={styles.hands} aria-labelledby="hands-title">
      <h2 id="hands-title">
        <Hand aria-hidden="true" />
        {t("people.hands", { count: raised.length })}
      </h2>
      <ol role="list">
        {raised.map((person, rank) => (
          <li key={person.id} data-testid="hand-row">
            <span className={styles.rank}>{place(rank + 1)}</span>
            <span className={styles.handName}>{person.name}</span>
            {moderates ? (
              <span className={styles.handActs}>
                {person.role === "participant" ? (
                  <Button
                    size="small"
                    look="primary"
                    onPress={() => classroom.giveFloor(person.id, "speaker")}
                    data-testid="give-floor"
                  >
                    {t("people.giveFloor")}
                  </Button>
                ) : null}
                <Button
                  size="small"
                  onPress={() => classroom.act({ type: "lower_hand", participant: person.id })}
                  data-testid="lower-hand"
                >
                  {t("people.lower")}
                </Button>
              </span>
            ) : null}
          </li>
        ))}
      </ol>
    </section>
  );
}

function PeopleList({
  title,
  people,
  onRemove,
}: {
  title: string;
  people: Person[];
  onRemove: (person: Person) => void;
}) {
  return (
    <section>
      <h2 className={styles.heading}>{title}</h2>
      <ul role="list" className={styles.list}>
        {people.map((person) => (
          <PersonRow key={person.id} person={person} onRemove={onRemove} />
        ))}
      </ul>
    </section>
  );
}

const PersonRow = memo(function PersonRow({
  person,
  onRemove,
}: {
  person: Person;
  onRemove: (person: Person) => void;
}) {
  const { t } = useTranslation("room");
  const own = useRoom((state) => state.you?.participant === person.id);
  const speaking = useRoom((state) => state.speaking.includes(person.id));
  const moderates = useRoom((state) => may(state, "moderate"));
  const weak = useRoom((state) => state.weak.includes(person.id));
  const voice = trackOf(person, "microphone");
  const heard = voice !== undefined && !voice.muted;
  return (
    <li className={styles.row} data-testid="person-row" data-participant={person.id} data-name={person.name}>
      <Avatar name={person.name} size="small" />
      <span className={styles.who}>
        <span className={styles.name}>
          {person.name}
          {own ? ` ${t("tile.you")}` : ""}
        </span>
        <span className={styles.notes}>
          {person.role === "participant" ? null : <Tag>{t(`role.${person.role}`)}</Tag>}
          {person.connected ? null : (
            <Tag tone="plain">
              <WifiOff aria-hidden="true" />
              {t("tile.away")}
            </Tag>
          )}
          {weak && person.connected ? (
            <Tag tone="plain" data-testid="weak">
              <Bars level="poor" />
              {t("people.weak")}
            </Tag>
          ) : null}
          {person.handRaised ? (
            <Tag tone="warn">
              <Hand aria-hidden="true" />
              {t("people.hand")}
            </Tag>
          ) : null}
        </span>
      </span>
      {takesPart(person.role) ? (
        <span className={styles.states} data-speaking={speaking || undefined}>
          {showsCamera(person) ? <Video role="img" aria-label={t("people.cameraOn")} /> : null}
          {heard ? (
            <Mic role="img" aria-label={speaking ? t("tile.speaking") : t("tile.heard")} />
          ) : (
            <MicOff role="img" aria-label={t("tile.muted")} className={styles.dim} />
          )}
        </span>
      ) : null}
      {moderates && !own ? <PersonMenu person={person} heard={heard} onRemove={onRemove} /> : null}
    </li>
  );
});

function PersonMenu({
  person,
  heard,
  onRemove,
}: {
  person: Person;
  heard: boolean;
  onRemove: (person: Person) => void;
}) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const items = [
    heard && {
      id: "mute",
      label: t("people.mute"),
      act: () => classroom.act({ type: "mute_participant", participant: person.id, source: "microphone" }),
    },
    showsCamera(person) && {
      id: "camera",
      label: t("people.stopCamera"),
      act: () => classroom.act({ type: "mute_participant", participant: person.id, source: "camera" }),
    },
    trackOf(person, "screen") && {
      id: "screen",
      label: t("people.stopScreen"),
      act: () => classroom.act({ type: "mute_participant", participant: person.id, source: "screen" }),
    },
    person.role === "participant" && {
      id: "floor",
      label: t("people.giveFloor"),
      act: () => classroom.giveFloor(person.id, "speaker"),
    },
    person.role === "speaker" && {
      id: "no-floor",
      label: t("people.takeFloor"),
      act: () => classroom.giveFloor(person.id, "participant"),
    },
    person.handRaised && {
      id: "lower",
      label: t("people.lowerHand"),
      act: () => classroom.act({ type: "lower_hand", participant: person.id }),
    },
    !leads(person.role) && {
      id: "remove",
      label: t("people.remove"),
      act: () => onRemove(person),
      danger: true,
    },
  ].filter((item) => typeof item === "object");
  if (items.length === 0) return null;
  return (
    <MenuTrigger>
      <IconButton
        size="small"
        label={t("people.actsOn", { name: person.name })}
        icon={<Ellipsis aria-hidden="true" />}
        data-testid="person-menu"
      />
      <Popover className={menu.popover} placement="bottom end">
        <Menu className={menu.menu} aria-label={t("people.actsOn", { name: person.name })}>
          {items.map((item) => (
            <MenuItem
              key={item.id}
              id={item.id}
              className={menu.item}
              data-danger={"danger" in item || undefined}
              data-testid={`person-${item.id}`}
              onAction={item.act}
            >
              {item.label}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
