// What every screen is made of: its heading, answers, forms with their fields and problems.

import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useId, useRef, useState } from "preact/hooks";
import { type Problem, Refusal } from "./api";
import { type Money, type TextName, useWords } from "./language";
import type { Shown } from "./live";

/** Says something to those who listen to the page. */
export function announce(text: string): void {
  const place = document.getElementById("announcements");
  if (place !== null) place.textContent = text;
}

// --- Screens ----------------------------------------------------------------

let isFirst = true;

/** A screen. Its heading has the focus when one comes from another one. */
export function Screen({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, []);
  useEffect(() => {
    document.title = `${title} – Relais`;
  }, [title]);
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </>
  );
}

interface AnswerProps<T> {
  shown: Shown<T>;
  children: (data: T) => ComponentChildren;
}

/** An answer once it is there; until then, or when there is none, what is the matter. */
export function Answered<T>({ shown, children }: AnswerProps<T>) {
  const words = useWords();
  const known = useRef(shown.data);
  useEffect(() => {
    if (known.current !== undefined && shown.data !== known.current) announce(words.text("updated"));
    known.current = shown.data;
  }, [shown.data]);
  if (shown.data !== undefined) return <>{children(shown.data)}</>;
  if (shown.problem !== undefined) {
    return (
      <>
        <ProblemBox problem={shown.problem} />
        <button type="button" onClick={shown.again}>
          {words.text("try_again")}
        </button>
      </>
    );
  }
  return <p aria-busy="true">{words.text("loading")}</p>;
}

/** What is the matter, in the words of the API; nothing where all of it stands at these fields. */
export function ProblemBox({ problem, but = [] }: { problem: Problem; but?: readonly string[] }) {
  const words = useWords();
  const others = (problem.errors ?? []).filter((error) => !but.some((name) => isAbout(error, name)));
  if (others.length === 0 && problem.errors !== undefined && problem.errors.length > 0) return null;
  return (
    <div class="problem" role="alert">
      <p dir="auto">{problem.detail || words.text("unreachable")}</p>
      {others.length > 0 && (
        <ul>
          {others.map((error) => (
            <li key={error.field} dir="auto">
              {error.detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** A list, or the sentence that there is nothing. */
export function List<T>(props: {
  items: readonly T[];
  none: TextName;
  label: string;
  children: (item: T) => ComponentChildren;
}) {
  const words = useWords();
  if (props.items.length === 0) return <p>{words.text(props.none)}</p>;
  return (
    <ul class="cards" aria-label={props.label}>
      {props.items.map(props.children)}
    </ul>
  );
}

/** Names and values. Those without a value, or with an empty one, are left out. */
export function Facts({ facts }: { facts: Partial<Record<TextName, ComponentChildren>> }) {
  const words = useWords();
  const told = Object.entries(facts).filter(([, value]) => value || value === 0);
  return (
    <dl>
      {told.map(([name, value]) => (
        <div key={name}>
          <dt>{words.text(name as TextName)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** An amount, which is read from left to right in every language. */
export function Amount({ of }: { of: Money }) {
  return <bdi class="amount">{useWords().money(of)}</bdi>;
}

// --- Forms ------------------------------------------------------------------

type Errors = NonNullable<Problem["errors"]>;
const ErrorsContext = createContext<Errors>([]);

interface FormProps {
  /** The name of a form with fields. */
  label?: string;
  button: string;
  /** The button in more words, where several say the same. */
  spoken?: string;
  /** Sends what was filled in. A `Refusal` is shown, at its fields. */
  send: (filled: FormData) => Promise<unknown>;
  children?: ComponentChildren;
}

/** A form. The rules are those of the API, which says what is wrong with which field. */
export function Form({ label, button, spoken, send, children }: FormProps) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const form = useRef<HTMLFormElement>(null);
  const names = Array.from(form.current?.elements ?? [], (field) => field.getAttribute("name") ?? "");

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (isBusy || form.current === null) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await send(new FormData(form.current));
    } catch (error) {
      setProblem(error instanceof Refusal ? error.problem : UNREACHABLE);
    } finally {
      setBusy(false);
    }
  }

  useEffect(() => {
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [problem]);

  return (
    <form ref={form} aria-label={label} onSubmit={submit} noValidate>
      {problem !== undefined && <ProblemBox problem={problem} but={names} />}
      <ErrorsContext.Provider value={problem?.errors ?? []}>{children}</ErrorsContext.Provider>
      <button type="submit" aria-disabled={isBusy} aria-label={spoken}>
        {button}
      </button>
    </form>
  );
}

const UNREACHABLE: Problem = { type: "about:blank", status: 0, detail: "" };

/** Whether an error is about the field of a name, or about a whole that it is a part of. */
const isAbout = ({ field }: Errors[number], name: string) =>
  name === field || name.startsWith(`${field}/`);

interface FieldProps {
  /** Where the value stands in the body, like /price/amount_minor. */
  name: string;
  label: string;
  type?: "text" | "email" | "tel" | "password" | "file";
  value?: string;
  hint?: string;
  inputMode?: "decimal" | "numeric";
  autocomplete?: string;
  accept?: string;
  /** It came because its value is wanted now: it has the focus. */
  isNext?: boolean;
}

/** Kinds of fields whose values are read from left to right in every language. */
const LEFT_TO_RIGHT: ReadonlySet<string> = new Set(["email", "tel", "password"]);

/** A field, with what the API says about it. */
export function Field({ label, hint, value, isNext, type = "text", ...input }: FieldProps) {
  const id = useId();
  const place = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isNext) place.current?.focus();
  }, []);
  const error = useContext(ErrorsContext).find((one) => isAbout(one, input.name));
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...input}
        ref={place}
        id={id}
        // Preact has a type of its own for each kind of input.
        type={type as "text"}
        defaultValue={value}
        dir={LEFT_TO_RIGHT.has(type) ? "ltr" : input.inputMode ? undefined : "auto"}
        aria-invalid={error !== undefined}
        aria-describedby={about || undefined}
      />
      {hint && (
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      )}
      {error && (
        <strong id={`${id}-error`} class="error" dir="auto">
          {error.detail}
        </strong>
      )}
    </div>
  );
}

interface SelectProps {
  name: string;
  label: string;
  /** Values, and the words for them. */
  options: readonly (readonly [string, string])[];
  value: string;
  autocomplete?: string;
}

/** A choice of one of many, with what the API says about it. */
export function Select({ name, label, options, value, autocomplete }: SelectProps) {
  const id = useId();
  const error = useContext(ErrorsContext).find((one) => isAbout(one, name));
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        autocomplete={autocomplete}
        aria-invalid={error !== undefined}
        aria-describedby={error && `${id}-error`}
      >
        <option value="" />
        {options.map(([one, words]) => (
          <option key={one} value={one} selected={one === value}>
            {words}
          </option>
        ))}
      </select>
      {error && (
        <strong id={`${id}-error`} class="error" dir="auto">
          {error.detail}
        </strong>
      )}
    </div>
  );
}

/** A box to tick, with what is wrong about it. */
export function Choice({ name, label }: { name: string; label: string }) {
  const id = useId();
  const error = useContext(ErrorsContext).find((one) => isAbout(one, name));
  return (
    <div class="field">
      <label class="choice">
        <input
          type="checkbox"
          name={name}
          aria-invalid={error !== undefined}
          aria-describedby={error && `${id}-error`}
        />{" "}
        {label}
      </label>
      {error && (
        <strong id={`${id}-error`} class="error" dir="auto">
          {error.detail}
        </strong>
      )}
    </div>
  );
}

/** What was filled in at a name; empty where nothing was. */
export function filled(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

/** The file that was chosen at a name. Throws a `Refusal` with these words where none was. */
export function chosen(form: FormData, name: string, otherwise: string): File {
  const value = form.get(name);
  if (value instanceof File && value.name !== "") return value;
  return refuse(name, otherwise);
}

/** Throws a `Refusal` of a field, for a rule that only the form knows. */
export function refuse(name: string, detail: string): never {
  const errors = [{ field: name, rule: "missing", detail }];
  throw new Refusal({ type: "about:blank", status: 0, detail, errors });
}
