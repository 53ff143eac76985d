import { ChevronDown } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Field } from "./Field";
import layout from "./layout.module.css";

/** As many rows as a page draws at once without making people wait. */
const STEP = 200;

/** For comparing: without accents and capitals. */
const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

interface LongProps<Row> {
  rows: readonly Row[];
  /** What somebody may type to find a row. */
  text: (row: Row) => string;
  /** Draws some of the rows. */
  children: (rows: readonly Row[]) => ReactNode;
}

/** A list that may be very long: then it is drawn in parts, and can be searched. A short one is drawn as it is. */
export function Long<Row>({ rows, text, children }: LongProps<Row>) {
  const { t } = useTranslation("app");
  const [wanted, setWanted] = useState("");
  const [most, setMost] = useState(STEP);
  if (rows.length <= STEP) return children(rows);
  const words = plain(wanted.trim());
  const found = words ? rows.filter((row) => plain(text(row)).includes(words)) : rows;
  const drawn = found.slice(0, most);
  return (
    <div className={layout.tight}>
      <search className={layout.fields}>
        <Field
          label={t("long.search")}
          type="search"
          value={wanted}
          onChange={({ target }) => {
            setWanted(target.value);
            setMost(STEP);
          }}
          data-testid="long-search"
        />
      </search>
      {children(drawn)}
      <div className={layout.cluster}>
        <p role="status" className={layout.small} data-testid="long-count">
          {t("long.shown", { count: drawn.length, all: found.length })}
        </p>
        {drawn.length < found.length ? (
          <Button
            size="small"
            icon={<ChevronDown aria-hidden="true" />}
            onPress={() => setMost(most + STEP)}
            data-testid="long-more"
          >
            {t("long.more")}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
