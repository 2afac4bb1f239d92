// What makes the console quicker for who has JavaScript. Every page works without.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Times in the zone of who reads; UTC stays on hover.
  const zone = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "short" });
  const local = (within) => {
    for (const time of all("time[datetime]", within)) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) time.textContent = zone.format(at);
    }
  };

  // Buttons that work with JavaScript alone: to copy, to print.
  const buttons = (within) => { for (const button of all("[data-copy], [data-print]", within)) button.hidden = false; };
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) print(); });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    const before = button.textContent;
    button.textContent = document.body.dataset.copied;
    setTimeout(() => { button.textContent = before; }, 1500);
  });

  // The menu of narrow screens.
  const menu = document.querySelector(".menu");
  const side = document.querySelector(".side");
  if (menu && side) {
    const narrow = matchMedia("(max-width: 56rem)");
    const fit = () => { menu.hidden = !narrow.matches; };
    narrow.addEventListener("change", fit);
    fit();
    menu.addEventListener("click", () => {
      menu.setAttribute("aria-expanded", String(side.classList.toggle("open")));
    });
  }

  // The theme turns without leaving the page: it may show what is shown once, or hold what was typed.
  for (const looks of all(".top form.looks")) {
    looks.addEventListener("submit", (event) => {
      const chosen = event.submitter;
      if (chosen?.name !== "theme") return;
      event.preventDefault();
      root.dataset.theme = chosen.value;
      all("[name=theme]", looks).find((one) => one.offsetParent)?.focus();
      const body = new URLSearchParams({ theme: chosen.value });
      fetch(looks.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
    });
  }

  // Ctrl K, or a slash, leads to the search.
  const find = document.getElementById("find");
  if (find) {
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing)) {
        event.preventDefault();
        find.focus();
        find.select();
      }
    });
  }

  // Groups of fields as tabs.
  const tabs = (within) => {
    for (const form of all("form[data-tabs]", within)) {
      const panels = all("[data-tab]", form);
      const list = document.createElement("div");
      list.className = "tablist";
      list.setAttribute("role", "tablist");
      const buttons = panels.map((panel, index) => {
        panel.id ||= `${form.id}-panel-${index}`;
        panel.setAttribute("role", "tabpanel");
        const button = document.createElement("button");
        button.type = "button";
        button.id = `${panel.id}-tab`;
        button.textContent = panel.dataset.tab;
        button.setAttribute("role", "tab");
        button.setAttribute("aria-controls", panel.id);
        panel.setAttribute("aria-labelledby", button.id);
        if ("wrong" in panel.dataset) button.dataset.wrong = "";
        list.append(button);
        return button;
      });
      const choose = (chosen, focus) => {
        panels.forEach((panel, index) => {
          panel.hidden = index !== chosen;
          buttons[index].setAttribute("aria-selected", String(index === chosen));
          buttons[index].tabIndex = index === chosen ? 0 : -1;
        });
        if (focus) buttons[chosen].focus();
      };
      buttons.forEach((button, index) => {
        button.addEventListener("click", () => choose(index, false));
        button.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (step) choose((index + step + panels.length) % panels.length, true);
        });
      });
      panels[0].before(list);
      const wrong = panels.findIndex((panel) => "wrong" in panel.dataset);
      choose(wrong < 0 ? 0 : wrong, false);
    }
  };

  // What is typed in the zone of who types, with its offset from UTC beside it; UTC stands below.
  const offsetAt = (at) => Math.round(-at.getTimezoneOffset());
  const plain = (text) => text.slice(0, 23).replace(/\.0+$/, "").replace(/^(.{16}):00$/, "$1");
  const asTyped = (at, offset) => {
    const there = new Date(at.getTime() + offset * 60000);
    return Number.isNaN(there.getTime()) ? "" : plain(there.toISOString());
  };
  const whens = (within) => {
    for (const input of all("input[data-when]", within)) {
      const offset = input.form.elements[`${input.name}_offset`];
      // Without a script it is a text, of which nothing is lost that is half typed.
      input.type = "datetime-local";
      input.step = 900;
      input.form.noValidate = true;
      const { whenFirst, whenSecond, whenSkipped } = document.body.dataset;
      const echo = document.createElement("p");
      echo.className = "hint";
      // A time that clocks skip is read as another one.
      const skips = (at) => asTyped(at, offsetAt(at)) !== plain(input.value);
      const say = () => {
        const minutes = Number(offset.value);
        const typed = new Date(`${input.value}Z`);
        if (offset.value === "skipped") echo.textContent = whenSkipped;
        else if (!input.value || Number.isNaN(minutes) || Number.isNaN(typed.getTime())) echo.textContent = "";
        else {
          const at = new Date(typed.getTime() - minutes * 60000);
          const same = (hours) => {
            const other = new Date(at.getTime() + hours * 3600000);
            return asTyped(other, offsetAt(other)) === plain(input.value);
          };
          const twice = [0.5, 1, 2].some(same) ? `. ${whenFirst}` : [-0.5, -1, -2].some(same) ? `. ${whenSecond}` : "";
          echo.textContent = minutes || twice ? `= ${asTyped(at, 0).replace("T", " ")} UTC${twice}` : "";
        }
      };
      const read = () => {
        const at = new Date(input.value);
        if (!input.value) offset.value = input.validity.badInput ? "unread" : "";
        else if (Number.isNaN(at.getTime())) offset.value = "unread";
        else offset.value = skips(at) ? "skipped" : String(offsetAt(at));
        say();
      };
      const zoneName = new Intl.DateTimeFormat().resolvedOptions().timeZone;
      for (const name of all(`label[for="${input.id}"] .zone`, input.form)) name.textContent = `(${zoneName})`;
      const given = new Date(`${input.value}Z`);
      const minutes = Number(offset.value);
      if (input.value && !Number.isNaN(given.getTime()) && !Number.isNaN(minutes)) {
        const at = new Date(given.getTime() - minutes * 60000);
        offset.value = String(offsetAt(at));
        input.value = asTyped(at, offsetAt(at));
      } else read();
      input.addEventListener("input", read);
      // Half a date is no input to every browser.
      input.addEventListener("blur", read);
      input.form.addEventListener("submit", () => {
        if (input.validity.badInput || offset.value === "unread") read();
      });
      input.after(echo);
      say();
    }
  };

  // Columns that no other order of the list is kept by sort the rows that are shown. The order of the
  // list is then no longer that of the rows, so its title stops saying so.
  const sorters = (within) => {
    const words = new Intl.Collator(root.lang, { numeric: true, sensitivity: "base" });
    const value = (row, column) => {
      const cell = row.cells[column];
      return cell.querySelector("time")?.dateTime ?? cell.textContent.trim();
    };
    for (const table of all("table", within)) {
      const rows = all("tbody tr", table);
      if (rows.length < 2 || table.closest("#live, #live-calls")) continue;
      const ordered = all("thead th[aria-sort]", table);
      const heads = all("thead th:not([aria-sort], [data-acts])", table);
      if (!heads.length) continue;
      const said = document.createElement("p");
      said.className = "sorted hint";
      said.setAttribute("role", "status");
      (table.closest(".scroll") ?? table).after(said);
      const sort = (head, down) => {
        for (const other of ordered) other.setAttribute("aria-sort", "none");
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const { sortedUp, sortedDown } = document.body.dataset;
        said.textContent = (down ? sortedDown : sortedUp).replace("{column}", () => head.textContent.trim());
        const column = head.cellIndex;
        rows.sort((one, other) => {
          const [first, second] = [value(one, column), value(other, column)];
          // What is empty stands last, whatever the order.
          if (!first || !second) return Number(!first) - Number(!second);
          return words.compare(first, second) * (down ? -1 : 1);
        });
        table.tBodies[0].append(...rows);
      };
      for (const head of heads) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sorter";
        button.title = document.body.dataset.sorts;
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => sort(head, head.getAttribute("aria-sort") === "ascending"));
      }
      // Where titles are hidden, the same by a choice; lists that the server sorts have one already, and few
      // rows are seen at once.
      if (ordered.length || rows.length < 5) continue;
      const { sortShown, ascending, descending } = document.body.dataset;
      const label = document.createElement("label");
      const choice = document.createElement("select");
      choice.add(new Option("–", ""));
      heads.forEach((head, index) => {
        const name = head.textContent.trim();
        for (const [text, down] of [[ascending, ""], [descending, "-"]]) choice.add(new Option(text.replace("{column}", () => name), down + index));
      });
      choice.addEventListener("change", () => {
        if (choice.value) sort(heads[choice.value.replace("-", "")], choice.value.startsWith("-"));
      });
      label.append(sortShown, " ", choice);
      const chooser = document.createElement("div");
      chooser.className = "sorting";
      chooser.append(label);
      (table.closest(".scroll") ?? table).before(chooser);
    }
  };

  // Nothing big ends by a slip: the button waits for the name.
  const retypes = (within) => {
    for (const input of all("input[data-expected]", within)) {
      const button = input.form.querySelector(".submit button");
      const check = () => { button.disabled = input.value.trim() !== input.dataset.expected; };
      input.addEventListener("input", check);
      check();
    }
  };

  // Words of a table break only where it would else be wider than its place.
  const fits = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const table = target.querySelector("table");
      table.classList.remove("tight");
      table.classList.toggle("tight", target.scrollWidth > target.clientWidth);
    }
  });
  const fit = (within) => { for (const place of all(".scroll", within)) fits.observe(place); };

  // Straight to the first mistake.
  const mistake = document.querySelector("[aria-invalid]");
  const prepare = (within) => { local(within); buttons(within); tabs(within); whens(within); retypes(within); sorters(within); fit(within); };
  prepare(document);
  if (mistake) (mistake.matches("fieldset") ? mistake.querySelector("input") : mistake).focus();

  // A page that listens: its live parts are fetched anew when the stream says that something came, or
  // every other second where there is none. What has come to its end leads elsewhere.
  const { stream, live } = document.body.dataset;
  const renew = async () => {
    const answer = await fetch(live, { headers: { Accept: "text/html" } });
    if (answer.redirected) {
      if (!stream) location.assign(answer.url);
      return false;
    }
    if (!answer.ok) return true;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of all("#live, #live-calls")) {
      const next = fresh.getElementById(part.id);
      if (next) { part.replaceWith(next); prepare(next); }
    }
    return Boolean(fresh.body.dataset.live);
  };
  if (stream && "EventSource" in window) {
    const source = new EventSource(stream);
    let busy = false;
    source.addEventListener("changed", async () => {
      if (busy) return;
      busy = true;
      try {
        await renew();
      } finally {
        busy = false;
      }
    });
    addEventListener("pagehide", () => source.close());
  } else if (live && !stream) {
    const again = async () => {
      if (await renew().catch(() => true)) setTimeout(again, 2000);
    };
    setTimeout(again, 1000);
  }
})();
