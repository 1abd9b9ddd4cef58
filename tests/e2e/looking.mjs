// Opening pages in a browser and looking at them, for the stories beside this file.
import axe from "axe-core";

export const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
export const ROUNDS = [
  { name: "narrow", query: "?lang=ar", width: 320, direction: "rtl" },
  { name: "phone", query: "", width: 390, direction: "ltr" },
  { name: "wide", query: "?lang=en", width: 1100, direction: "ltr" },
];

/** Notes what is wrong with the page as it stands; keeps a picture of it. */
export async function look(page, name, direction, findings, picture) {
  const seen = await page.evaluate(() => ({
    direction: document.documentElement.dir,
    isTooWide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  }));
  if (seen.direction !== direction) findings.push(`${name}: ${seen.direction}`);
  if (seen.isTooWide) findings.push(`${name}: scrolls sideways`);
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({ resultTypes: ["violations"] }),
  );
  for (const { id, nodes } of violations) {
    findings.push(`${name}: ${id} ${nodes.map((node) => node.html).join(" ")}`);
  }
  await page.screenshot({ path: picture, fullPage: true });
}

/** A browser that keeps what it is told, and nothing of any other. */
export async function device(browser, options = {}) {
  return browser.newContext({ viewport: { width: 390, height: 800 }, ...options });
}

/** A page whose script complains nowhere. */
export async function opened(context, width, findings) {
  const page = await context.newPage();
  await page.setViewportSize({ width, height: 800 });
  page.on("pageerror", (error) => findings.push(`${width}: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) findings.push(message.text());
  });
  return page;
}
