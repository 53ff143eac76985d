import {
  type ComponentProps,
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import type { Refusal } from "../../protocol/generated/protocol";
import { Area } from "../../ui/Area";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { useRefusalWords } from "../refusal";
import { type Act, useSent } from "./asking";

interface Filling {
  /** What the server found wrong, by field. */
  wrong: Readonly<Record<string, string>>;
  /** It is being mended. */
  mend: (field: string) => void;
  /** A line of this form bears that name. */
  register: (field: string) => () => void;
  busy: boolean;
}

const FillingContext = createContext<Filling | null>(null);

function useFilling(): Filling {
  const filling = useContext(FillingContext);
  if (!filling) throw new Error("a line stands in a form");
  return filling;
}

interface FormProps<Answer> {
  /** What is sent, asked for when it is; null sends nothing. */
  act: () => Act | null;
  /** Said when it is done. */
  done?: string;
  after?: (answer: Answer) => void;
  /** True when the screen itself says this refusal. */
  refused?: (refusal: Refusal) => boolean;
  /** The line at which a refusal that names no field is said; otherwise it is said aside. */
  fallback?: string;
  className?: string;
  children: ReactNode;
}

/**
 * A form of the office. A refusal is said at the field that it names, in words, and the focus goes there: nothing
 * that was typed is lost.
 */
export function Form<Answer = unknown>({ act, className, children, ...told }: FormProps<Answer>) {
  const form = useRef<HTMLFormElement>(null);
  const names = useRef(new Set<string>());
  const [wrong, setWrong] = useState<Readonly<Record<string, string>>>({});
  const wordsFor = useWordsAtField();
  const sent = useSent<Answer>({
    done: told.done,
    after: (answer) => {
      setWrong({});
      told.after?.(answer);
    },
    refused: (refusal) => {
      if (told.refused?.(refusal)) return true;
      const named = refusal.code === "invalid" ? refusal.field : undefined;
      const field = named !== undefined && names.current.has(named) ? named : told.fallback;
      if (field === undefined) return false;
      setWrong({ [field]: wordsFor(refusal, field) });
      form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(field)}"]`)?.focus();
      return true;
    },
  });
  const filling = useMemo<Filling>(
    () => ({
      wrong,
      busy: sent.busy,
      mend: (field) => setWrong(({ [field]: _, ...others }) => others),
      register: (field) => {
        names.current.add(field);
        return () => names.current.delete(field);
      },
    }),
    [wrong, sent.busy],
  );
  return (
    <form
      ref={form}
      className={className ?? layout.form}
      aria-busy={sent.busy || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        // A dialog may stand in the tree of another form.
        event.stopPropagation();
        const what = sent.busy ? null : act();
        if (what) sent.act(what);
      }}
    >
      <FillingContext value={filling}>{children}</FillingContext>
    </form>
  );
}

/** The words of a refusal for the place where it is said: at the field itself its name need not be repeated. */
function useWordsAtField(): (refusal: Refusal, field: string) => string {
  const { t } = useTranslation("app");
  const words = useRefusalWords();
  return (refusal, field) =>
    refusal.code === "invalid" && refusal.field === field ? t(`atField.${refusal.problem}`) : words(refusal);
}

interface Named {
  /** As the server calls the field. */
  name: string;
  value: string;
  onChange: (value: string) => void;
}

/** What ties a field to its form: what is wrong with it, until it is changed. */
function useNamed(name: string, onChange: Named["onChange"], error: ReactNode) {
  const { wrong, mend, register } = useFilling();
  useEffect(() => register(name), [register, name]);
  return {
    name,
    error: wrong[name] ?? error,
    onChange: (event: { target: { value: string } }) => {
      mend(name);
      onChange(event.target.value);
    },
  };
}

type LineProps = Omit<ComponentProps<typeof Field>, keyof Named> & Named;

/** One labelled field of a form. */
export function Line({ name, onChange, error, ...rest }: LineProps) {
  return <Field {...rest} {...useNamed(name, onChange, error)} />;
}

type LinesProps = Omit<ComponentProps<typeof Area>, keyof Named> & Named;

/** One labelled text of several lines. */
export function Lines({ name, onChange, error, ...rest }: LinesProps) {
  return <Area {...rest} {...useNamed(name, onChange, error)} />;
}

/** Sends the form, once at a time; the focus stays on it meanwhile. */
export function Submit({ look = "primary", ...rest }: ComponentProps<typeof Button>) {
  const { busy } = useFilling();
  return <Button {...rest} type="submit" look={look} isPending={busy} />;
}
