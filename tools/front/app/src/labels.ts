// The words that each API has for its values, in the language of the page.

import { useEffect, useState } from "preact/hooks";
import {
  account,
  accounts,
  backoffice,
  invoices,
  marketplace,
  missions,
  must,
  partner,
} from "./api";
import type { components as Account } from "./contracts/account";
import type { components as Accounts } from "./contracts/accounts";
import type { components as Backoffice } from "./contracts/backoffice";
import type { components as Invoices } from "./contracts/invoices";
import type { components as Marketplace } from "./contracts/marketplace";
import type { components as Missions } from "./contracts/missions";
import type { components as Partner } from "./contracts/partner";
import { type Language, useWords } from "./language";

interface Schemas {
  account: Account["schemas"];
  accounts: Accounts["schemas"];
  backoffice: Backoffice["schemas"];
  invoices: Invoices["schemas"];
  marketplace: Marketplace["schemas"];
  missions: Missions["schemas"];
  partner: Partner["schemas"];
}
type Api = keyof Schemas;
type Reference = Accounts["schemas"]["ReferenceShown"];
type Named<S> = { [Kind in keyof S]: S[Kind] extends string ? Kind : never }[keyof S];

export interface Labels<A extends Api> {
  /** The words for a value of an enumeration, by its name in the document of the API. */
  of: <Kind extends Named<Schemas[A]>>(kind: Kind, value: Schemas[A][Kind]) => string;
  /** The words for a code, by its name in `x-codes`. One that nobody listed stands for itself. */
  code: (kind: string, value: string) => string;
}

// Unlike other answers, browsers may keep this one: the API says for how long.
const kept = { cache: "default" } as const;
const ASK: Record<Api, () => Promise<Reference>> = {
  account: () => must(account.GET("/reference", kept)),
  accounts: () => must(accounts.GET("/reference", kept)),
  backoffice: () => must(backoffice.GET("/reference", kept)),
  invoices: () => must(invoices.GET("/reference", kept)),
  marketplace: () => must(marketplace.GET("/reference", kept)),
  missions: () => must(missions.GET("/reference", kept)),
  partner: () => must(partner.GET("/reference", kept)),
};

const asked = new Map<string, Promise<Reference | null>>();

/** Asked once a language. Null where the API was out of reach; the next screen asks again. */
function referenceOf(api: Api, language: Language): Promise<Reference | null> {
  const name = `${api} ${language}`;
  const asking =
    asked.get(name) ??
    ASK[api]().catch(() => {
      asked.delete(name);
      return null;
    });
  asked.set(name, asking);
  return asking;
}

/** The words of an API. Until they are there, dots; without them, a value stands for itself. */
export function useLabels<A extends Api>(api: A): Labels<A> {
  const { language } = useWords();
  const [reference, show] = useState<Reference | null>();
  useEffect(() => {
    let isShown = true;
    void referenceOf(api, language).then((found) => isShown && show(found));
    return () => {
      isShown = false;
    };
  }, [api, language]);

  function label(part: "enumerations" | "codes", kind: string, value: string): string {
    if (reference === undefined) return "…";
    const listed = reference?.[part][kind] ?? [];
    const named = (wanted: string) => listed.find((one) => one.value === wanted)?.label;
    const words = named(value) ?? (part === "codes" ? named("other") : undefined);
    return begun(words ?? value, language);
  }

  return {
    of: (kind, value) => label("enumerations", kind as string, value as string),
    code: (kind, value) => label("codes", kind, value),
  };
}

/** A text as it begins a line: labels are written as within a sentence. */
const begun = (text: string, language: Language) =>
  text.slice(0, 1).toLocaleUpperCase(language) + text.slice(1);
