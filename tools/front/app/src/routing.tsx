// Where in the app one is: the address after /app/.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

const BASE = import.meta.env.BASE_URL;
const MOVED = "relais-moved";

/** The parts of the present address, like ["trips", "T1"]. */
export function useRoute(): string[] {
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    const moved = () => setPath(location.pathname);
    window.addEventListener("popstate", moved);
    window.addEventListener(MOVED, moved);
    return () => {
      window.removeEventListener("popstate", moved);
      window.removeEventListener(MOVED, moved);
    };
  }, []);
  return path.slice(BASE.length).split("/").filter(Boolean).map(decodeURIComponent);
}

/** Go to a screen. What stands behind the `#`, such as a token of a mail, stays behind. */
export function go(...parts: string[]): void {
  history.pushState(null, "", href(parts));
  window.dispatchEvent(new Event(MOVED));
  window.scrollTo(0, 0);
}

const href = (parts: readonly string[]) => BASE + parts.map(encodeURIComponent).join("/");

interface LinkProps {
  to: readonly string[];
  isHere?: boolean;
  children: ComponentChildren;
}

/** A link to a screen. */
export function Link({ to, isHere, children }: LinkProps) {
  function follow(event: MouseEvent): void {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(...to);
  }
  return (
    <a href={href(to)} onClick={follow} aria-current={isHere ? "page" : undefined}>
      {children}
    </a>
  );
}
