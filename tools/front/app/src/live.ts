// Answers that stay true: asked once, and again when the API says that they have changed.

import { useEffect, useState } from "preact/hooks";
import { type Answer, ORIGIN, pause, type Problem, problemOf, renewed } from "./api";

/** Asks a query with these headers, until the signal ends it. */
export type Ask<T> = (how: { headers: Record<string, string>; signal: AbortSignal }) => Promise<
  Answer<T>
>;

export interface Shown<T> {
  data?: T;
  /** The version of the answer, for `If-Match` and to see that it is another one. */
  etag?: string;
  problem?: Problem;
  /** Asks once more, for example after a command. */
  again: () => Promise<void>;
}

const LIVE = new Set(["account", "backoffice", "partner"]);
const COME_BACK_MS = 3_000;

/** The answer to a query. It is asked anew when one of `about` changes. */
export function useAnswer<T>(ask: Ask<T>, about: readonly unknown[] = []): Shown<T> {
  const [shown, show] = useState<Shown<T>>({ again: async () => undefined });
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    let etag = "";
    let looking = Promise.resolve();

    async function look(): Promise<void> {
      const headers: Record<string, string> = etag === "" ? {} : { "If-None-Match": etag };
      const found = await ask({ headers, signal }).catch(() => null);
      if (signal.aborted || found?.response.status === 304) return;
      if (!found?.response.ok) {
        const problem = problemOf(found?.error, found?.response.status ?? 0);
        return show((before) => ({ ...before, problem, again }));
      }
      const isFirst = etag === "";
      etag = found.response.headers.get("ETag") ?? "";
      show({ data: found.data, etag, again });
      if (isFirst) watch(found.response.url, (now) => now !== etag && again(), signal);
    }

    function again(): Promise<void> {
      looking = looking.then(look);
      return looking;
    }

    void again();
    return () => ending.abort();
  }, about);
  return shown;
}

/** Calls `told` with the ETag that the answer at a URL has by now, until the signal ends it. */
function watch(url: string, told: (etag: string) => unknown, signal: AbortSignal): void {
  const { pathname, search } = new URL(url);
  const [, service = "", ...path] = pathname.split("/");
  if (!LIVE.has(service) || signal.aborted) return;
  const listener = listeners.get(service) ?? new Listener(service);
  listeners.set(service, listener);
  listener.add(`/${path.join("/")}${search}`, told, signal);
}

/** One connection to an API, for all of its answers on the screen. */
class Listener {
  private readonly watched = new Map<string, Set<(etag: string) => unknown>>();
  private source: EventSource | undefined;
  private isDue = false;

  constructor(private readonly service: string) {}

  add(query: string, told: (etag: string) => unknown, signal: AbortSignal): void {
    const here = this.watched.get(query) ?? new Set();
    this.watched.set(query, here.add(told));
    signal.addEventListener("abort", () => {
      here.delete(told);
      if (here.size === 0) this.watched.delete(query);
      this.connectSoon();
    });
    this.connectSoon();
  }

  /** Several answers may come and go with one screen. */
  private connectSoon(): void {
    if (this.isDue) return;
    this.isDue = true;
    setTimeout(() => {
      this.isDue = false;
      this.connect();
    });
  }

  private connect(): void {
    this.source?.close();
    this.source = undefined;
    if (this.watched.size === 0) return;
    const queries = new URLSearchParams([...this.watched.keys()].map((query) => ["watch", query]));
    const url = `${ORIGIN}/${this.service}/live?${queries}`;
    const source = new EventSource(url, { withCredentials: true });
    source.addEventListener("changed", (event) => {
      const { query, etag }: { query: string; etag: string } = JSON.parse(event.data);
      for (const told of this.watched.get(query) ?? []) told(etag);
    });
    source.addEventListener("error", () => this.comeBack(source));
    this.source = source;
  }

  /** A connection that was cut comes back by itself, one that was refused does not. */
  private async comeBack(source: EventSource): Promise<void> {
    if (source.readyState !== EventSource.CLOSED || source !== this.source) return;
    await pause(COME_BACK_MS);
    if (source === this.source && (await renewed())) this.connectSoon();
  }
}

const listeners = new Map<string, Listener>();
