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
document.querySelector(".messages > li:last-child")?.scrollIntoView({ block: "center" });
