// Signs sample people in through the cookie session, as any page of the same site may.

const REFRESH_MS = 5000;

async function send(method, path, body) {
  const headers = {
    "Content-Type": "application/json",
    "Idempotency-Key": crypto.randomUUID(),
    "Relais-CSRF": "1",
    "Accept-Language": document.documentElement.lang,
  };
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.detail || found.title);
  return found;
}

function element(name, content, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...[content].flat());
  return made;
}

const status = document.getElementById("signed-in");
const link = (path) => element("a", path === "/app/" ? status.dataset.app : path, { href: path });

async function signIn(button) {
  status.replaceChildren(status.dataset.busy);
  const { email, password, code } = await send("POST", `/development/people/${button.dataset.person}`);
  await send("POST", "/accounts/browser/sign-in", { email, password, code });
  // No script sees the cookies: this tells the app that there are some.
  localStorage.setItem("relais-signed-in", "yes");
  const me = await send("GET", "/accounts/me");
  const paths = [...button.dataset.paths.split(" "), "/accounts/me"];
  const out = element("button", status.dataset.out, { type: "button", id: "sign-out" });
  out.addEventListener("click", () => tried(status, signOut));
  status.replaceChildren(
    element("p", [status.dataset.who, " ", element("strong", me.name)]),
    element("ul", paths.map((path) => element("li", link(path)))),
    out,
  );
}

async function signOut() {
  localStorage.removeItem("relais-signed-in");
  await send("POST", "/accounts/browser/sign-out");
  status.replaceChildren();
}

async function tried(place, work) {
  const buttons = document.querySelectorAll("button");
  for (const one of buttons) one.disabled = true;
  try {
    await work();
  } catch (error) {
    place.replaceChildren(`${place.dataset.failed ?? ""} ${error.message}`);
  } finally {
    for (const one of buttons) one.disabled = false;
  }
}

for (const button of document.querySelectorAll("[data-person]")) {
  button.addEventListener("click", () => tried(status, () => signIn(button)));
}

// What runs and what came, anew every few seconds while somebody looks.
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    if (!part.contains(document.activeElement)) {
      part.replaceChildren(...fresh.getElementById(part.id).childNodes);
    }
  }
}

if (document.querySelector("[data-live]")) {
  setInterval(() => {
    if (!document.hidden) refresh().catch(() => undefined);
  }, REFRESH_MS);
}
