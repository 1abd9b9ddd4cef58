// Who is signed in, and where they work.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { accounts, command, forgetPositions, type Me, must } from "./api";

export interface Session {
  me: Me;
  zone: string;
  currency: string;
}

const KNOWN = "relais-signed-in";

/** Open a session in cookies, and say whose it is. */
export async function signIn(body: {
  email: string;
  password: string;
  code: string | null;
  remember_me: boolean;
}): Promise<Session> {
  await must(accounts.POST("/browser/sign-in", { params: { header: command() }, body }));
  localStorage.setItem(KNOWN, "yes");
  return session();
}

/** The session that this browser has; null without one. No script can see its cookies. */
export async function resumed(): Promise<Session | null> {
  if (localStorage.getItem(KNOWN) === null) return null;
  return session().catch(() => null);
}

async function session(): Promise<Session> {
  const [me, organisation] = await Promise.all([
    must(accounts.GET("/me")),
    must(accounts.GET("/organisation")),
  ]);
  const { time_zone: zone, currency } = organisation.profile;
  return { me, zone, currency };
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
