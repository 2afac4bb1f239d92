// The story of the guides, clicked through: set up, register a product, let it push, enable the vendor,
// see that its person gets in, block them, find them by the text of an error.
//
//   node story.mjs [--all] [--control] [--pictures FOLDER]
//
// --all also walks every page at 1280 and 360 pixels, light and dark, in both languages, by keyboard
// only, with hostile text in every attribute. --control puts a script into a page and must fail.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { open, overflows, violations } from "./browser.mjs";
import { Product, start } from "./server.mjs";
import { byKeyboard, onATelephone } from "./task.mjs";

const all = process.argv.includes("--all");
const control = process.argv.includes("--control");
const pictures = process.argv.includes("--pictures") ? process.argv[process.argv.indexOf("--pictures") + 1] : null;
const PASSWORD = "a sentence nobody guesses";

const server = await start();
const { browser, context, page, wrong } = await open({ viewport: { width: 1280, height: 900 } });
const step = (text) => console.log(`- ${text}`);
const inaccessible = [];
const check = async () => inaccessible.push(...(await violations(page)));

try {
  step("the set-up link makes the first administrator");
  await page.goto(server.setUpLink);
  await check();
  await page.getByLabel("Name").fill("ada");
  await page.locator("#set-up-password").fill(PASSWORD);
  await page.locator("#set-up-repeated").fill("not the same");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("are not the same").waitFor();
  await check();
  assert.equal(await page.getByLabel("Name").inputValue(), "ada");
  await page.locator("#set-up-password").fill(PASSWORD);
  await page.locator("#set-up-repeated").fill(PASSWORD);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("link", { name: "Sign in" }).click();

  step("ada signs in by keyboard alone");
  await check();
  await page.getByLabel("Name").focus();
  await page.keyboard.type("ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/console");
  await check();

  step("a mistake in the form stays at its field, and what was typed stays too");
  await page.getByRole("link", { name: "New provider" }).first().click();
  await check();
  await page.locator("#provider-name").fill("Okta vendors");
  await page.getByLabel("Third party").check();
  await page.getByLabel("Tags").fill("okta, outside");
  await page.getByRole("tab", { name: "Authentication" }).click();
  await page.getByLabel("Allowed IPs").fill("127.0.0.300");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByText("is not an address").waitFor();
  await check();
  assert.equal(await page.getByLabel("Allowed IPs").inputValue(), "127.0.0.300");

  step("the provider is registered; its secret is shown once");
  await page.getByLabel("Allowed IPs").fill("127.0.0.1\n::1");
  await page.getByRole("button", { name: "Register" }).click();
  await page.getByText("it is shown this once").first().waitFor();
  await check();
  const value = async (label) =>
    page.locator("#connection dl > div", { has: page.getByText(label, { exact: true }) }).locator("dd code").innerText();
  const okta = new Product(server.url, await value("Client ID"), await value("Client secret"));
  const providerPage = page.url().replace(/\/new$/, "");

  step("the product pushes a person and a group; the vendor waits with its next step");
  await okta.token();
  const grace = await okta.user("grace", {
    displayName: "Grace Hopper",
    emails: [{ value: "grace@acme.example", type: "work", primary: true }],
  });
  await okta.group("Acme Elevators", [grace]);
  await page.goto(`${server.url}/console/vendors`);
  await page.getByText("Choose an access group.").waitFor();
  await check();

  step("an access group is made and the vendor enabled with it");
  await page.goto(`${server.url}/console/access-groups/new`);
  await check();
  await page.getByLabel("Name").fill("Machine room");
  await page.getByLabel("May start sessions").check();
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("Created.").waitFor();
  await page.goto(`${server.url}/console/vendors`);
  await page.getByRole("link", { name: "Acme Elevators" }).click();
  const acme = new URL(page.url()).pathname;
  await page.getByLabel("Status").selectOption("enabled");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Choose an access group first").waitFor();
  await check();
  await page.getByLabel("Access group").selectOption({ label: "Machine room" });
  await page.getByLabel("Start").fill("2020-01-01T08:00");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();

  step("times are typed in the viewer's zone and come back as typed; what clocks skip is refused");
  const starts = page.locator("#vendor-start");
  const began = () => page.locator("#facts dl > div", { has: page.getByText("Start", { exact: true }) }).locator("time").getAttribute("datetime");
  assert.equal(await starts.inputValue(), "2020-01-01T08:00");
  assert.equal(await began(), "2020-01-01T11:00:00Z");
  await page.getByText("Start (America/Sao_Paulo)").waitFor();
  await starts.fill("2018-11-04T00:30");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("#vendor-start-mistake").getByText("skip this time").waitFor();
  assert.equal(await starts.inputValue(), "2018-11-04T00:30");
  await check();
  await starts.fill("2018-02-17T23:30");
  await page.getByText("= 2018-02-18 01:30 UTC. Clocks are set back then, and this time comes twice: the first is meant.").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  assert.equal(await began(), "2018-02-18T01:30:00Z");
  assert.equal(await starts.inputValue(), "2018-02-17T23:30");
  await page.getByLabel("Status").selectOption("enabled");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  assert.equal(await began(), "2018-02-18T01:30:00Z");

  step("a form sent when the session has ended comes back after signing in, and is not sent by itself");
  await page.getByLabel("Contract number").fill("C-4711");
  const cookies = await context.cookies();
  await fetch(`${server.url}/console/sign-out`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; ") },
    body: new URLSearchParams({ csrf: await page.locator('[action="/console/sign-out"] [name="csrf"]').inputValue() }),
  });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("What you typed is kept on this page").waitFor();
  await check();
  await page.getByLabel("Name").fill("ada");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Show the form" }).waitFor();
  await check();
  await page.getByRole("button", { name: "Show the form" }).click();
  await page.getByText("Nothing is saved yet").waitFor();
  await check();
  assert.equal(await page.getByLabel("Contract number").inputValue(), "C-4711");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  assert.equal(await page.getByLabel("Contract number").inputValue(), "C-4711");

  step("the event of the change tells it field by field; what is recorded is folded");
  await page.goto(`${server.url}/console/events?action=vendor.changed`);
  await page.getByRole("link", { name: "Vendor changed" }).first().click();
  await page.getByText("ada changed the vendor Acme Elevators").waitFor();
  await page.getByRole("row", { name: "Contract number" }).getByText("C-4711").waitFor();
  assert.equal(await page.locator("#payload pre").isVisible(), false);
  await check();

  step("grace gets in now, and the page says why");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("grace@acme");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/console/people/${grace}`);
  await page.getByText("Gets in", { exact: true }).waitFor();
  await check();

  step("a block keeps her out; the one change that lets her in is named");
  await page.getByLabel("Reason").fill("Lost badge");
  await page.getByRole("button", { name: "Block" }).click();
  await page.getByText("One change would let this person in").waitFor();
  await check();
  await page.getByRole("button", { name: /^Lift/ }).click();
  await page.getByText("Gets in", { exact: true }).waitFor();

  step("where approvals are required, access is requested and another administrator approves");
  await page.goto(`${server.url}/console/access-groups`);
  await page.getByRole("link", { name: "Machine room" }).click();
  await page.getByRole("tab", { name: "Approval" }).click();
  await page.getByLabel("Approvals required").fill("1");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await page.goto(`${server.url}/console/people/${grace}`);
  await page.getByRole("link", { name: "Request access" }).click();
  await check();
  await page.getByRole("button", { name: "Request access" }).click();
  await page.getByText("Must not be empty.").waitFor();
  await check();
  await page.getByLabel("Justification").fill("Replace the motor of lift 4");
  await page.getByRole("button", { name: "Request access" }).click();
  await page.getByText("Others have to approve it now.").waitFor();
  await page.getByText("You made this request, so others decide on it.").waitFor();
  await check();
  const asked = new URL(page.url()).pathname;
  await page.goto(`${server.url}/console/administrators/new`);
  await page.getByLabel("Name").fill("bob");
  await page.locator('input[name="role"][value="operator"]').check();
  await page.getByLabel("First password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("Created.").waitFor();
  const beside = await browser.newContext();
  const bob = await beside.newPage();
  await bob.goto(`${server.url}${asked}`);
  await bob.getByLabel("Name").fill("bob");
  await bob.getByLabel("Password").fill(PASSWORD);
  await bob.getByRole("button", { name: "Sign in" }).click();
  await bob.getByLabel("Approve", { exact: true }).check();
  await bob.getByLabel("Comment").fill("The motor is due");
  await bob.getByRole("button", { name: "Decide" }).click();
  await bob.getByText("/enter/").waitFor();
  inaccessible.push(...(await violations(bob)));
  await beside.close();

  step("what time will change stands on the timeline");
  await page.goto(`${server.url}/console/timeline?kind=link.expired`);
  await page.getByRole("cell", { name: "Link runs out" }).waitFor();
  await page.getByRole("link", { name: "grace" }).click();
  await page.getByText("by an approved request", { exact: true }).waitFor();
  const entry = new URL(page.url()).pathname;
  await check();

  step("the error text that the product shows leads to her");
  const again = await okta.send("POST", "/Users", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "GRACE" });
  assert.equal(again.status, 409);
  await page.goto(`${server.url}/console/search?q=${encodeURIComponent(`could not update ${grace}: 409`)}`);
  await page.waitForURL(`**/console/people/${grace}`);

  step("and, as the product shows it, to the refused request with what to do");
  const told = `Error while creating user: ${again.body.detail}`;
  for (let tries = 0; tries < 20; tries += 1) {
    await page.goto(`${server.url}/console/search?q=${encodeURIComponent(told)}`);
    if (page.url().includes("/console/requests/")) break;
    await page.waitForTimeout(200);
  }
  await page.getByText("free it at its present owner").waitFor();
  await page.getByText("Okta vendors sent POST /iso/scim/v2/Users on").waitFor();
  assert.equal(await page.locator("#raw dl").isVisible(), false);
  const refusal = new URL(page.url()).pathname;
  await check();

  step("the wizard listens: a blocked call appears by itself, one press allows it, and the rest follows");
  await page.goto(`${server.url}/console/set-up`);
  await check();
  await page.getByRole("link", { name: "Okta, custom app" }).click();
  await page.getByLabel("Name").fill("Okta staff");
  await page.getByLabel("Internal").check();
  await page.getByRole("button", { name: "Register and show the values" }).click();
  await page.getByText("it is shown this once").first().waitFor();
  await check();
  const pasted = new Product(server.url);
  pasted.bearer = await page.locator("#values dd code").last().innerText();
  assert.equal((await pasted.send("GET", "/Users")).status, 403);
  await page.getByRole("button", { name: "Allow 127.0.0.1" }).click();
  await page.getByText("The address may call now.").waitFor();
  const listening = new URL(page.url()).pathname;
  const linus = await pasted.user("linus", { emails: [{ value: "linus@home.example", primary: true }], shoeSize: 44 });
  await page.getByRole("link", { name: "User created" }).waitFor();
  await page.getByText("not mapped to anything here").waitFor();
  await check();
  const operations = `/console/internal-groups/${await pasted.group("Operations", [linus])}`;

  step("the theme turns in place, where a secret is shown once too");
  await page.goto(`${server.url}/console/providers`);
  await page.getByRole("link", { name: "Okta vendors" }).click();
  await page.getByRole("button", { name: "Make a new secret" }).click();
  const once = page.locator("#connection dl > div", { has: page.getByText("Client secret", { exact: true }) }).locator("dd code");
  const secret = await once.innerText();
  await page.getByRole("button", { name: "Switch to dark" }).click();
  await page.locator("html[data-theme=dark]").waitFor();
  assert.equal(await once.innerText(), secret);
  await check();
  await page.getByRole("button", { name: "Switch to light" }).click();
  await page.getByRole("button", { name: "Follow the system" }).click();

  step("a vendor is let in by keyboard alone, and another on a screen as narrow as a telephone's");
  for (const [name, task] of [["Tab", byKeyboard], ["Pocket", onATelephone]]) {
    const rider = await okta.user(`rider of ${name}`);
    await okta.group(`${name} Lifts`, [rider]);
    await task(page, server.url, `${name} Lifts`, `${name}Room`);
    await check();
    await page.goto(`${server.url}/console/people/${rider}`);
    await page.getByText("Gets in", { exact: true }).waitFor();
  }

  step("one title says how the rows are sorted, and what sorts only the rows shown says so");
  await page.goto(`${server.url}/console/vendors?sort=name`);
  const sorting = page.locator("th[aria-sort=ascending], th[aria-sort=descending]");
  assert.equal(await sorting.count(), 1);
  assert.equal(await sorting.locator("a").getAttribute("title"), "Sorts the whole list");
  const shown = page.locator("th .sorter").first();
  assert.equal(await shown.getAttribute("title"), "Sorts the rows that are shown");
  await shown.focus();
  for (const order of ["ascending", "descending"]) {
    await page.keyboard.press("Enter");
    assert.equal(await sorting.count(), 1);
    assert.equal(await sorting.getAttribute("aria-sort"), order);
    assert.equal(await sorting.locator(".sorter").count(), 1);
    await page.getByRole("status").getByText(`Only the rows shown here are sorted by ${await shown.innerText()}, ${order}.`).waitFor();
  }
  await check();

  if (control) {
    await page.setContent("<html lang=en><title>x</title><main><h1>x</h1><img src=x onerror='vestibuleRan(1)'><input></main></html>");
    await page.waitForTimeout(200);
    await check();
  }

  const paths = async () => {
    const ids = async (list, pattern) => {
      await page.goto(`${server.url}${list}`);
      return page.locator(`main td a[href^="${pattern}"]`).first().getAttribute("href");
    };
    return {
      home: "/console",
      providers: "/console/providers",
      provider: providerId(await ids("/console/providers", "/console/providers/")),
      "provider-new": "/console/providers/new",
      "set-up": "/console/set-up",
      "set-up-form": "/console/set-up?product=entra_federation",
      listening,
      credentials: "/console/credentials",
      settings: "/console/settings",
      schemas: "/console/schemas",
      health: "/console/health",
      "provider-edit": `${providerId(await ids("/console/providers", "/console/providers/"))}/edit`,
      "provider-delete": `${providerId(await ids("/console/providers", "/console/providers/"))}/delete`,
      people: "/console/people",
      person: `/console/people/${grace}?at=2030-01-01T00:00`,
      vendors: "/console/vendors",
      links: "/console/links",
      link: entry,
      timeline: "/console/timeline",
      "access-requests": "/console/access-requests",
      "access-request": asked,
      "access-request-new": `/console/people/${grace}/request`,
      vendor: acme,
      "internal-groups": "/console/internal-groups",
      "internal-group": operations,
      "internal-group-panic": `${operations}/panic`,
      "access-groups": "/console/access-groups",
      "access-group": await page.goto(`${server.url}/console/access-groups`).then(() => page.locator('main td a[href^="/console/access-groups/"]').first().getAttribute("href")),
      "access-group-new": "/console/access-groups/new",
      "vendor-panic": `${acme}/panic`,
      events: "/console/events",
      requests: "/console/requests",
      warnings: "/console/warnings",
      tolerances: "/console/tolerances",
      request: refusal,
      event: await page.goto(`${server.url}/console/events`).then(() => page.locator('main td a[href^="/console/events?id="]').first().getAttribute("href")),
      administrators: "/console/administrators",
      administrator: "/console/administrators/ada",
      "administrator-new": "/console/administrators/new",
      account: "/console/account",
      "second-factor": "/console/account/second-factor",
      search: "/console/search",
      "search-found": "/console/search?q=a",
      "not-found": "/console/nowhere",
    };
  };
  const providerId = (href) => href.match(/^\/console\/providers\/[0-9a-f-]{36}/)?.[0] ?? new URL(providerPage).pathname;

  if (all) {
    step("hostile text in every attribute runs nowhere");
    const { hostile } = await import("./hostile.mjs");
    await hostile(okta);
    step("every page, wide and narrow, light and dark, in both languages, without a serious violation");
    if (pictures) mkdirSync(pictures, { recursive: true });
    const known = await paths();
    for (const [language, theme, width] of [["en", "light", 1280], ["en", "dark", 1280], ["en", "light", 360], ["pt-BR", "dark", 360]]) {
      await context.addCookies([
        { name: "vestibule-language", value: language, url: server.url },
        { name: "vestibule-theme", value: theme, url: server.url },
      ]);
      await page.setViewportSize({ width, height: 900 });
      for (const [name, path] of Object.entries(known)) {
        await page.goto(`${server.url}${path}`);
        await check();
        const outside = await overflows(page);
        if (outside) wrong.push(`${path} at ${width}: stands out: ${outside}`);
        if (pictures) await page.screenshot({ path: join(pictures, `${name}-${language}-${theme}-${width}.png`), fullPage: true });
      }
    }
    step("without JavaScript every page still says what it has to say");
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
    const silent = await plain.newPage();
    for (const path of Object.values(known)) {
      const answer = await silent.goto(`${server.url}${path}`);
      assert.ok(answer.status() < 500, path);
      assert.ok(await silent.locator("main h1").isVisible(), path);
      assert.ok(await silent.locator("nav.side a").first().isVisible(), path);
    }
    await plain.close();
  }

  step("ada signs out");
  await page.goto(`${server.url}/console`);
  await page.getByRole("button", { name: /Sign out|Sair/ }).click();
  await page.waitForURL("**/flow/auth/signin**");
} finally {
  await browser.close();
  await server.stop();
}

const faults = [...wrong, ...new Set(inaccessible)];
for (const fault of faults) console.log(`WRONG ${fault}`);
console.log(faults.length === 0 ? "the story holds" : `${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
