// Small helps for the pages of customers: everything but "read" works without them.
"use strict";

const { opened, shown, key } = document.body.dataset;
const ENOUGH_MILLISECONDS = 3000;

/** Says once that somebody looks at the page. Whoever only fetches it never gets here. */
function tellOpened() {
  for (const name of SIGNS) removeEventListener(name, tellOpened);
  clearTimeout(waiting);
  if (told || document.visibilityState !== "visible") return;
  told = true;
  const body = new URLSearchParams({ key: `${key}.opened`, shown });
  // 412: the dealership has changed the case since the page was made.
  fetch(opened, { method: "POST", body }).then((answer) => {
    if (answer.status === 412) location.reload();
  });
}

const SIGNS = ["pointerdown", "keydown", "scroll", "touchstart"];
let told = false;
let waiting;

function watch() {
  if (document.visibilityState !== "visible" || told) return;
  for (const name of SIGNS) addEventListener(name, tellOpened, { once: true, passive: true });
  clearTimeout(waiting);
  waiting = setTimeout(tellOpened, ENOUGH_MILLISECONDS);
}
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") watch();
  else clearTimeout(waiting);
});
if (opened !== undefined && opened !== "") watch();

// The time that is left, minute by minute.
const left = document.getElementById("left");
if (left !== null) {
  const language = document.documentElement.lang;
  const tag = { no: "nb", ar: "ar-MA" }[language] ?? language;
  const amount = (value, unit) =>
    new Intl.NumberFormat(tag, { style: "unit", unit, unitDisplay: "long" }).format(value);
  const until = Date.parse(left.dataset.until);
  const count = () => {
    const minutes = Math.floor((until - Date.now()) / 60000);
    if (minutes < 0) return;
    if (minutes >= 48 * 60) return;
    const hours = Math.floor(minutes / 60);
    const parts = hours > 0 ? [amount(hours, "hour")] : [];
    if (minutes % 60 > 0 || hours === 0) parts.push(amount(minutes % 60, "minute"));
    left.textContent = parts.join(" ");
    setTimeout(count, 20000);
  };
  if (until > Date.now()) count();
}

document.getElementById("error")?.focus();
