// One whole task, told in two ways: an access group is made and a vendor let in with it, by keyboard
// alone, and on a screen as narrow as a telephone's.
import assert from "node:assert/strict";

/** By keyboard alone, from the first page on. */
export async function byKeyboard(page, url, vendor, group) {
  const reach = async (element) => {
    for (let tabs = 0; tabs < 200; tabs += 1) {
      if (await element.evaluate((one) => one === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`no Tab leads to ${element}`);
  };
  const press = async (element, key = "Enter") => {
    await reach(element);
    await page.keyboard.press(key);
  };
  const navigation = page.getByRole("navigation", { name: "Main navigation" });
  await page.goto(`${url}/console`);
  await press(navigation.getByRole("link", { name: "Access groups" }));
  await page.waitForURL("**/console/access-groups");
  await press(page.getByRole("link", { name: "New access group" }).first());
  await page.waitForURL("**/console/access-groups/new");
  await reach(page.getByLabel("Name"));
  await page.keyboard.type(group);
  await press(page.getByLabel("May start sessions"), "Space");
  await press(page.getByRole("button", { name: "Create" }));
  await page.getByText("Created.").waitFor();
  await press(navigation.getByRole("link", { name: "Vendors" }));
  await page.waitForURL("**/console/vendors");
  await press(page.getByRole("link", { name: vendor }));
  await page.waitForURL("**/console/vendors/*");
  await reach(page.getByLabel("Access group"));
  await page.keyboard.type(group);
  await reach(page.getByLabel("Start"));
  // Day, month and year, then the time, each in its part of the field.
  await page.keyboard.type("01012020");
  await page.keyboard.press("ArrowRight");
  // The last letter is for the half of the day, where the browser counts to twelve.
  await page.keyboard.type("0800A");
  await reach(page.getByLabel("Status"));
  await page.keyboard.type("Enabled");
  await press(page.getByRole("button", { name: "Save" }));
  await page.getByText("Saved.").waitFor();
}

/** By a finger, through the menu. */
export async function onATelephone(page, url, vendor, group) {
  await page.setViewportSize({ width: 360, height: 740 });
  const navigation = page.getByRole("navigation", { name: "Main navigation" });
  const turnTo = async (name, path) => {
    await page.getByRole("button", { name: "Menu" }).click();
    await navigation.getByRole("link", { name }).click();
    await page.waitForURL(`**${path}`);
  };
  await page.goto(`${url}/console`);
  await turnTo("Access groups", "/console/access-groups");
  await page.getByRole("link", { name: "New access group" }).first().click();
  await page.getByLabel("Name").fill(group);
  await page.getByLabel("May start sessions").check();
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("Created.").waitFor();
  await turnTo("Access groups", "/console/access-groups");
  const names = () => page.locator("tbody td:first-child").allInnerTexts();
  const usual = await names();
  await page.getByLabel("Sort by").selectOption({ label: "Name, descending" });
  await page.getByRole("button", { name: "Sort" }).click();
  await page.waitForURL("**/console/access-groups?sort=-name");
  assert.deepEqual(await names(), usual.toSorted((one, other) => other.localeCompare(one, "en")));
  await turnTo("Vendors", "/console/vendors");
  await page.getByRole("link", { name: vendor }).click();
  await page.getByLabel("Access group").selectOption({ label: group });
  await page.getByLabel("Start").fill("2020-01-01T08:00");
  await page.getByLabel("Status").selectOption("enabled");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await page.setViewportSize({ width: 1280, height: 900 });
}
