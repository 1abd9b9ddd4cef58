// Looks every few seconds whether somebody has written. Without it one opens the page again.
"use strict";

const EVERY_MILLISECONDS = 4000;
const news = document.getElementById("news");
const message = document.getElementById("message");
const before = document.querySelectorAll(".messages > li").length;

/** Shows what is new at once, unless something was begun that would be lost. */
async function look() {
  if (document.visibilityState !== "visible" || !news.hidden) return;
  const answer = await fetch(document.body.dataset.count).catch(() => null);
  if (answer === null || !answer.ok) return;
  if (Number(await answer.text()) <= before) return;
  if (message !== null && message.value === "") location.reload();
  else news.hidden = false;
}
setInterval(look, EVERY_MILLISECONDS);

// A file is sent by a form of its own, which leads back here: what was begun is kept meanwhile.
const KEPT = `message ${location.pathname}`;
const adding = document.getElementById("add");
if (message !== null && message.value === "") message.value = sessionStorage.getItem(KEPT) ?? "";
sessionStorage.removeItem(KEPT);
adding?.addEventListener("submit", () => sessionStorage.setItem(KEPT, message.value));
document.querySelector(".messages > li:last-child")?.scrollIntoView({ block: "center" });
