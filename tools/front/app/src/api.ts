// How the app speaks to the APIs: typed clients, the session, reading one's own writes, problems.

import createClient from "openapi-fetch";
import type { paths as Account } from "./contracts/account";
import type { components, paths as Accounts } from "./contracts/accounts";
import type { paths as Backoffice } from "./contracts/backoffice";
import type { paths as Invoices } from "./contracts/invoices";
import type { paths as Marketplace } from "./contracts/marketplace";
import type { paths as Media } from "./contracts/media";
import type { paths as Missions } from "./contracts/missions";
import type { paths as Partner } from "./contracts/partner";
import { spoken } from "./language";

export type Problem = Pick<
  components["schemas"]["Problem"],
  "type" | "status" | "detail" | "errors" | "now"
>;
export type Me = components["schemas"]["UserShown"];

/** An answer as the clients give it. */
export interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Where the APIs are: at the origin of the page, or at another one of the same site. */
export const ORIGIN: string = import.meta.env.VITE_API ?? location.origin;

const MOST_POSITIONS = 5;
const MOST_TRIES = 4;
const PAUSE_MS = 400;

/** An answer that says no, with the words for a person. */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** The content of an answer. Throws a `Refusal` where there is none. */
export async function must<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (response.ok) return data as T;
  throw new Refusal(problemOf(error, response.status));
}

/** The problem of an answer; one without words where something else than an API answered. */
export function problemOf(error: unknown, status: number): Problem {
  if (typeof error === "object" && error !== null && "detail" in error) return error as Problem;
  return { type: "about:blank", status, detail: "" };
}

/** The headers of a command: its key, and the version that it is about, where there is one. */
export function command(version?: string) {
  const key = { "Idempotency-Key": crypto.randomUUID() };
  return version === undefined ? key : { ...key, "If-Match": version };
}

// --- Requests ---------------------------------------------------------------

let positions: string[] = [];

/** Forget what this page was told: it counts for nobody else. */
export function forgetPositions(): void {
  positions = [];
}

/**
 * Sends a request as whoever is signed in.
 *
 * It waits for what this page was told before, renews the session where it has to, and is repeated
 * when the network fails: queries and commands with a key are safe to repeat.
 */
async function send(request: Request): Promise<Response> {
  request.headers.set("Accept-Language", spoken());
  if (positions.length > 0) request.headers.set("Relais-Min-Position", positions.join(","));
  if (request.method !== "GET") request.headers.set("Relais-CSRF", "1");
  let answer = await repeated(request);
  if (answer.status === 401 && !request.url.includes("/browser/") && (await renewed())) {
    answer = await repeated(request);
  }
  const told = answer.headers.get("Relais-Position");
  if (answer.ok && told !== null && request.method !== "GET") {
    positions = [...positions, told].slice(-MOST_POSITIONS);
  }
  return answer;
}

async function repeated(request: Request): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await fetch(request.clone());
      if (answer.status !== 425 || tries === MOST_TRIES) return answer;
    } catch (error) {
      if (request.signal.aborted || tries === MOST_TRIES) throw error;
    }
    await pause(PAUSE_MS * tries);
  }
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Json = "application/json";

const how = { credentials: "include", cache: "no-store", fetch: send } as const;

export const accounts = createClient<Accounts, Json>({ baseUrl: `${ORIGIN}/accounts`, ...how });
export const account = createClient<Account, Json>({ baseUrl: `${ORIGIN}/account`, ...how });
export const backoffice = createClient<Backoffice, Json>({ baseUrl: `${ORIGIN}/backoffice`, ...how });
export const invoices = createClient<Invoices, Json>({ baseUrl: `${ORIGIN}/invoices`, ...how });
export const marketplace = createClient<Marketplace, Json>({
  baseUrl: `${ORIGIN}/marketplace`,
  ...how,
});
export const media = createClient<Media, Json>({ baseUrl: `${ORIGIN}/media`, ...how });
export const missions = createClient<Missions, Json>({ baseUrl: `${ORIGIN}/missions`, ...how });
export const partner = createClient<Partner, Json>({ baseUrl: `${ORIGIN}/partner`, ...how });

// --- The session ------------------------------------------------------------

/** Said on `window` when the session is over. */
export const SIGNED_OUT = "relais-signed-out";

let renewing: Promise<boolean> | undefined;

/** Whether the session goes on. The tabs of a browser renew it one after the other. */
export async function renewed(): Promise<boolean> {
  renewing ??= (async () => navigator.locks.request("relais-session", renew))();
  try {
    return await renewing;
  } finally {
    renewing = undefined;
  }
}

async function renew(): Promise<boolean> {
  const { response } = await accounts.POST("/browser/refresh", { params: { header: command() } });
  if (!response.ok) window.dispatchEvent(new Event(SIGNED_OUT));
  return response.ok;
}
