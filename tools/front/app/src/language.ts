// The language of the app, and how amounts, days and times are written in it.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import ar from "./texts/ar.json";
import en from "./texts/en.json";
import fr from "./texts/fr.json";

export type TextName = keyof typeof en;
type Catalogue = Record<TextName, string>;

const CATALOGUES = { en, fr, ar } satisfies Record<string, Catalogue>;
export type Language = keyof typeof CATALOGUES;
export const LANGUAGES: Record<Language, string> = { en: "English", fr: "Français", ar: "العربية" };
const RIGHT_TO_LEFT: ReadonlySet<Language> = new Set<Language>(["ar"]);
const CHOSEN = "relais-language";

export interface Money {
  amount_minor: number;
  currency: string;
}

/** The language that was chosen here, or the first of the browser's that the app has. */
export function preferred(): Language {
  const wanted = [localStorage.getItem(CHOSEN) ?? "", ...navigator.languages];
  return wanted.map((tag) => tag.slice(0, 2)).find(isOurs) ?? "en";
}

const isOurs = (tag: string): tag is Language => tag in CATALOGUES;

/** The language of the page, for `Accept-Language`. */
export const spoken = () => document.documentElement.lang;

/** Make a language that of the page. */
export function speak(language: Language, isChosen = false): void {
  if (isChosen) localStorage.setItem(CHOSEN, language);
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? "rtl" : "ltr";
}

/** The texts of a language, and how it writes values. */
export class Words {
  private readonly texts: Catalogue;
  private readonly locale: string;

  /** `zone` is where the organisation works: its days begin there. */
  constructor(
    readonly language: Language,
    private readonly zone: string,
  ) {
    this.texts = CATALOGUES[language];
    this.locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
  }

  /** A text with its facts, each read in its own direction: among Arabic, 2026-11 would be 11-2026. */
  text(name: TextName, facts: Record<string, string> = {}): string {
    return this.texts[name].replace(/\{(\w+)\}/g, (whole, fact) => {
      const value = facts[fact];
      return value === undefined ? whole : `\u2068${value}\u2069`;
    });
  }

  money({ amount_minor, currency }: Money): string {
    const format = new Intl.NumberFormat(this.locale, { style: "currency", currency });
    return format.format(amount_minor / 10 ** digits(currency));
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.locale).format(value);
  }

  kilometres(value: number): string {
    const unit = { style: "unit", unit: "kilometer", maximumFractionDigits: 0 } as const;
    return new Intl.NumberFormat(this.locale, unit).format(value);
  }

  /** Several words, as one list. */
  list(items: readonly string[]): string {
    return new Intl.ListFormat(this.locale).format(items);
  }

  /** All countries by their codes, in the order of their names. */
  countries(): [string, string][] {
    const names = new Intl.DisplayNames(this.locale, { type: "region", fallback: "none" });
    const named = CODES.filter(isCountry).map((code): [string, string] => [
      code,
      names.of(code) ?? "",
    ]);
    const { compare } = new Intl.Collator(this.locale);
    return named.filter(([, name]) => name !== "").sort(([, a], [, b]) => compare(a, b));
  }

  /** The country that somebody is likely to be of; empty where the browser says none. */
  region(): string {
    return new Intl.Locale(this.locale).region ?? "";
  }

  /** A day like 2030-05-31, which is the same everywhere. */
  day(day: string): string {
    return this.days(day, day);
  }

  /** From one day to another; one day where they are the same. */
  days(from: string, until: string): string {
    const format = { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" } as const;
    const [first, last] = [from, until].map((day) => new Date(`${day}T00:00:00Z`)) as [Date, Date];
    return new Intl.DateTimeFormat(this.locale, format).formatRange(first, last);
  }

  /** An instant, at the clock of the organisation. */
  time(instant: string): string {
    const format = { dateStyle: "medium", timeStyle: "short", timeZone: this.zone } as const;
    return new Intl.DateTimeFormat(this.locale, format).format(new Date(instant));
  }

  /** What somebody writes for an amount, in minor units; NaN for what is none. */
  minor(written: string, currency: string): number {
    const latin = written.trim().replace(/[٠-٩]/g, (digit) => `${digit.charCodeAt(0) - 0x660}`);
    const plain = latin.replace(/[,٫]/g, ".").replace(/\s/g, "");
    return plain === "" ? Number.NaN : Math.round(Number(plain) * 10 ** digits(currency));
  }

  /** An amount as somebody would write it in a field. */
  written({ amount_minor, currency }: Money): string {
    const places = digits(currency);
    const format = { minimumFractionDigits: places, useGrouping: false } as const;
    return new Intl.NumberFormat(this.locale, format).format(amount_minor / 10 ** places);
  }
}

const LETTERS = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
const CODES = LETTERS.flatMap((one) => LETTERS.map((other) => one + other));
/** Codes that browsers have names for and ISO 3166 gives to no country. */
const NO_COUNTRY = /^(A[AC]|C[PQ]|DG|E[AUZ]|IC|Q[M-Z]|TA|UN|X.|ZZ)$/;

/** Whether a code is a country's own, and not a former one of it. */
const isCountry = (code: string) =>
  !NO_COUNTRY.test(code) && new Intl.Locale(`und-${code}`).region === code;

/** How many digits a currency has after the point. */
function digits(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat("en", {
    style: "currency",
    currency,
  }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}

export const WordsContext = createContext(new Words("en", "UTC"));
export const useWords = () => useContext(WordsContext);
