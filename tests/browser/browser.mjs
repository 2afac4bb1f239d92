// A browser, and what is asked of every page it opens.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Opens Debian's Chromium. What a page does wrong is collected in `wrong`. */
export async function open(options = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "America/Sao_Paulo", ...options });
  const wrong = [];
  await context.exposeBinding("vestibuleRan", (_, what) => wrong.push(`a script of a provisioned value ran: ${what}`));
  const page = await context.newPage();
  page.on("dialog", (dialog) => {
    wrong.push(`a dialog opened on ${page.url()}: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of (4\d\d)/.test(message.text())) wrong.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`${page.url()}: ${error}`));
  page.on("request", (request) => {
    if (request.url().startsWith("http") && !request.url().startsWith("http://127.0.0.1")) wrong.push(`asked outside: ${request.url()}`);
  });
  return { browser, context, page, wrong };
}

/** Serious violations of WCAG 2.2 AA on the page. The policy allows no foreign script, so axe comes by
 * the debugger. */
export async function violations(page) {
  // Half a page has buttons whose names are still to come.
  await page.waitForLoadState();
  // A colour on its way to another is none that stays.
  await page.evaluate(() =>
    // eslint-disable-next-line no-undef
    Promise.allSettled(document.getAnimations().map((one) => one.finished)));
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    // eslint-disable-next-line no-undef
    axe.run(document, { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } }));
  return found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${page.url()}: ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** Whether something stands out of the page to the side. */
export async function overflows(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return null;
    const outside = [...document.querySelectorAll("body *")].find((element) => element.getBoundingClientRect().right > width + 1);
    return outside ? outside.outerHTML.slice(0, 160) : "the page";
  });
}
