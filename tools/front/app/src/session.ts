// Who is signed in, and where they work.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { accounts, command, forgetPositions, type Me, must, renewed } from "./api";
import type { components } from "./contracts/accounts";

export interface Session {
  me: Me;
  zone: string;
  currency: string;
  /** A role of the user counts only with a second factor, and there is none yet. */
  isEnrolling: boolean;
  /** The organisation registered itself, and is not let in. */
  isBarred: boolean;
}

/** An address or a phone, and a password. */
export type Login = components["schemas"]["SignInBody"];

const KNOWN = "relais-signed-in";

/** Open a session in cookies, and say whose it is. */
export async function signIn(body: Login): Promise<Session> {
  await must(accounts.POST("/browser/sign-in", { params: { header: command() }, body }));
  localStorage.setItem(KNOWN, "yes");
  return present();
}

/** The session that this browser has; null without one. No script can see its cookies. */
export async function resumed(): Promise<Session | null> {
  if (localStorage.getItem(KNOWN) === null) return null;
  return present().catch(() => null);
}

/** The session as it is by now. */
export async function present(): Promise<Session> {
  const me = await must(accounts.GET("/me"));
  const { kind, profile } = await must(accounts.GET("/organisation"));
  const { needed, enrolled } = me.second_factor;
  const isFirst = kind === "depot" && needed && !enrolled;
  // A depot that the operator founded has no registration.
  const { data } = isFirst ? await accounts.GET("/organisation/registration") : {};
  const isBarred = data !== undefined && data.status !== "confirmed";
  // A session from before the decision says until its renewal that nothing is decided.
  if (data?.status === "confirmed") await renewed();
  const isEnrolling = needed && !enrolled && !isBarred;
  return { me, zone: profile.time_zone, currency: profile.currency, isEnrolling, isBarred };
}

/** End the session, here and at the server. */
export async function signOut(): Promise<void> {
  forget();
  await accounts.POST("/browser/sign-out", { params: { header: command() } });
}

/** Forget whose session this was. */
export function forget(): void {
  localStorage.removeItem(KNOWN);
  forgetPositions();
}

export const SessionContext = createContext<Session | null>(null);

/** The session of a screen that only somebody who is signed in sees. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("nobody is signed in");
  return session;
}
