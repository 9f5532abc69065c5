// Behaviour of the whole product. No inline code anywhere: elements say what they want by data attributes.
"use strict";
(() => {
  const words = () => document.body.dataset;
  const typing = (target) => target.closest("input, textarea, select, [contenteditable], .ts-control");

  // Drop-downs are <details>: one open at a time, closed by Escape and by a click elsewhere.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.drop[open]").forEach((drop) => {
      if (!drop.contains(event.target)) drop.open = false;
    });
  });

  // What the head shows is fetched anew every few seconds: a menu that is open stays open, and the focus stays in it.
  let held = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const item = event.detail.target;
    if (!item.classList.contains("head-item")) return;
    const focus = item.contains(document.activeElement) ? document.activeElement : null;
    held = { item, open: Boolean(item.querySelector("details[open]")), focused: Boolean(focus), href: focus?.getAttribute("href") };
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!held || event.detail.target !== held.item) return;
    const { item, open, focused, href } = held;
    held = null;
    const menu = item.querySelector("details");
    if (menu) menu.open = open;
    if (focused) [...item.querySelectorAll("a")].find((link) => link.getAttribute("href") === href)?.focus();
    if (focused && !item.contains(document.activeElement)) item.querySelector("summary")?.focus();
  });

  document.addEventListener("click", (event) => {
    const on = (name) => event.target.closest(`[${name}]`);
    let found;
    if (on("data-toggle-nav")) {
      const open = document.getElementById("nav").classList.toggle("is-open");
      on("data-toggle-nav").setAttribute("aria-expanded", String(open));
    } else if (!event.target.closest("#nav")) {
      document.getElementById("nav")?.classList.remove("is-open");
    }
    if ((found = on("data-dismiss"))) found.parentElement.remove();
    if (on("data-print")) window.print();
    if (on("data-back")) history.back();
    if (on("data-close-dialog")) closeDialog();
    if ((found = on("data-uncheck"))) found.form.querySelectorAll("input[type=checkbox]").forEach((box) => { box.checked = false; });
    if ((found = on("data-dialog"))) {
      event.preventDefault();
      opener = found;
      htmx.ajax("GET", found.getAttribute("href"), { target: "#dialog-body", swap: "innerHTML" });
    }
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary") && !String(getSelection())) openRow(row, event);
  });

  function openRow(row, event) {
    if (event && (event.metaKey || event.ctrlKey)) window.open(row.dataset.href, "_blank", "noopener");
    else location.href = row.dataset.href;
  }

  // Dialog: whatever htmx puts into it is shown; Escape and the cross close it.
  const dialog = () => document.getElementById("dialog");
  // What opened the dialog has the focus again when it closes; in a menu that closed meanwhile, the menu's button.
  let opener = null;
  document.addEventListener("close", (event) => {
    if (event.target !== dialog() || !opener) return;
    const menu = opener.closest("details.drop");
    (menu && !menu.open ? menu.querySelector("summary") : opener).focus();
    opener = null;
  }, true);
  function closeDialog() {
    dialog().close();
    document.getElementById("dialog-body").replaceChildren();
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "dialog-body" && event.detail.target.childElementCount && !dialog().open) {
      dialog().showModal();
      dialog().querySelector("[autofocus], textarea, input:not([type=hidden]), select")?.focus();
    }
  });

  // Toasts: {"toast": {"text": ..., "tone": ...}} in HX-Trigger.
  function toast(text, tone = "success") {
    const box = document.createElement("div");
    box.className = `toast-note toast-${tone}`;
    box.textContent = text;
    document.getElementById("toasts").append(box);
    setTimeout(() => box.remove(), tone === "danger" ? 12000 : 5000);
  }
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));

  // Requests: a thin line at the top; a panel that fails says so and offers to try again.
  let running = 0;
  const line = () => document.getElementById("progress-line");
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.target.closest(".head-item, .work")) line().classList.add("is-on");
    running += 1;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    running = Math.max(0, running - 1);
    if (!running) line().classList.remove("is-on");
    event.target.removeAttribute?.("aria-busy");
  });
  function failed(event) {
    const target = event.detail.target;
    if (!target?.classList.contains("panel-body")) return false;
    const note = document.createElement("p");
    note.className = "panel-failed";
    note.textContent = `${words().failed} `;
    const again = document.createElement("button");
    again.className = "btn btn-sm";
    again.type = "button";
    again.textContent = words().retry;
    again.addEventListener("click", () => htmx.ajax("GET", target.getAttribute("hx-get"), { target, swap: "innerHTML" }));
    note.append(again);
    target.replaceChildren(note);
    return true;
  }
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Trigger")?.includes("toast")) return;
    if (!failed(event)) toast(words().failed, "danger");
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!failed(event) && !event.target.closest(".head-item, .work")) toast(words().offline, "danger");
  });

  // Forms that are sent know where the reader is now, also after filters changed the address.
  document.addEventListener("submit", (event) => {
    event.target.querySelectorAll("[data-current-query]").forEach((input) => { input.value = location.search.slice(1); });
    event.target.querySelectorAll("[data-current-path]").forEach((input) => { input.value = location.pathname + location.search; });
    event.target.removeAttribute("data-dirty");
    if (event.target.matches("[data-once], .form") && event.target.method === "post" && !event.target.hasAttribute("hx-post")) {
      const button = event.submitter;
      setTimeout(() => { if (button) button.disabled = true; }, 0);
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("button:disabled[type=submit]").forEach((button) => { button.disabled = false; });
  });

  // What was typed is not lost by leaving, and single fields are checked while the form is filled in.
  document.addEventListener("input", (event) => event.target.closest("form[data-guard]")?.setAttribute("data-dirty", ""));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-unguard]")) document.querySelectorAll("[data-dirty]").forEach((form) => form.removeAttribute("data-dirty"));
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-dirty]")) event.preventDefault();
  });
  document.addEventListener("change", async (event) => {
    const form = event.target.closest("form[data-validate]");
    const name = event.target.name;
    if (!form || !name || event.target.type === "file") return;
    const body = new FormData(form);
    for (const [key, value] of [...body]) if (value instanceof File) body.delete(key);
    const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body, headers: { "X-Validate": name } }).catch(() => null);
    if (!answer?.ok || !answer.headers.get("Content-Type")?.includes("json")) return;
    const { errors } = await answer.json();
    showErrors(event.target, errors);
  });
  function showErrors(input, errors) {
    const box = input.closest(".mb-3") ?? input.parentElement;
    box.querySelectorAll(".invalid-feedback, .live-error").forEach((old) => old.remove());
    input.classList.toggle("is-invalid", errors.length > 0);
    input.setAttribute("aria-invalid", String(errors.length > 0));
    for (const text of errors) {
      const note = document.createElement("div");
      note.className = "live-error";
      note.setAttribute("role", "alert");
      note.textContent = text;
      input.closest(".ts-wrapper, .input-group")?.after(note) ?? input.after(note);
    }
  }

  // Search boxes over many records.
  function upgrade(root) {
    root.querySelectorAll("select[data-remote]").forEach((select) => {
      if (select.tomselect) return;
      const box = new TomSelect(select, {
        valueField: "value", labelField: "text", searchField: [], maxOptions: 50, placeholder: select.dataset.placeholder,
        plugins: { dropdown_input: {}, clear_button: { title: words().clear } }, loadThrottle: 200, score: () => () => 1,
        shouldLoad: (text) => text.length > 0,
        load(text, done) {
          this.clearOptions();
          const url = new URL(select.dataset.remote, location.href);
          url.searchParams.set("q", text);
          fetch(url, { headers: { Accept: "application/json" } }).then((answer) => answer.json()).then((data) => done(data.items)).catch(() => done());
        },
        render: {
          option: (item, escape) => `<div>${escape(item.text)}${item.detail ? `<span class="cell-detail">${escape(item.detail)}</span>` : ""}</div>`,
          no_results: () => `<div class="no-results">${words().noneFound}</div>`,
          not_loading: () => null,
        },
      });
      // What a screen reader says of the boxes that stand in for the select: the words of its label.
      const name = select.labels[0]?.textContent.replace("*", "").trim() || select.getAttribute("aria-label") || select.dataset.placeholder || "";
      box.wrapper.querySelectorAll("input").forEach((input) => input.setAttribute("aria-label", name));
      box.dropdown.querySelectorAll("input").forEach((input) => input.setAttribute("aria-label", name));
    });
  }
  document.addEventListener("DOMContentLoaded", () => upgrade(document));
  document.addEventListener("htmx:load", (event) => upgrade(event.detail.elt));

  // Ticked rows of a list.
  document.addEventListener("change", (event) => {
    const list = event.target.closest("[data-list]");
    if (!list) return;
    const ticks = [...list.querySelectorAll("[data-tick]")];
    if (event.target.matches("[data-tick-all]")) ticks.forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches("[data-tick], [data-tick-all], [data-bulk-all]")) countTicks(list, ticks);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-bulk-none]")) return;
    const list = event.target.closest("[data-list]");
    list.querySelectorAll("[data-tick], [data-tick-all], [data-bulk-all]").forEach((box) => { box.checked = false; });
    countTicks(list, []);
  });
  function countTicks(list, ticks) {
    const bar = list.querySelector("[data-bulk]");
    if (!bar) return;
    const ticked = ticks.filter((box) => box.checked);
    const all = list.querySelector("[data-bulk-all]");
    bar.hidden = !ticked.length;
    if (!ticked.length && all) all.checked = false;
    bar.querySelector("[data-bulk-count]").textContent = all?.checked ? Number(all.dataset.count).toLocaleString("en") : ticked.length;
    ticks.forEach((box) => box.closest("tr").classList.toggle("is-ticked", box.checked));
  }

  // Keyboard: / search, j k move, Enter open, x tick; arrows inside search results.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.drop[open]").forEach((drop) => { drop.open = false; drop.querySelector("summary").focus(); });
      if (event.target.id === "search") { clearSearch(); event.target.blur(); }
      return;
    }
    if (event.target.id === "search") return moveInSearch(event);
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || dialog()?.open) return;
    if (event.key === "/") { event.preventDefault(); document.getElementById("search")?.focus(); return; }
    const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("is-current"));
    if (event.key === "j" || event.key === "k") {
      const next = rows[Math.min(rows.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))];
      rows[at]?.classList.remove("is-current");
      next.classList.add("is-current");
      next.scrollIntoView({ block: "nearest" });
    } else if (at >= 0 && event.key === "Enter" && !event.target.closest("a, button, summary") && rows[at].dataset.href) {
      openRow(rows[at]);
    } else if (at >= 0 && event.key === "x") {
      rows[at].querySelector("[data-tick]")?.click();
    }
  });
  const results = () => document.getElementById("search-results");
  function clearSearch() { results().replaceChildren(); }
  function moveInSearch(event) {
    const hits = [...results().querySelectorAll("a")];
    const at = hits.findIndex((hit) => hit.classList.contains("is-current"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      hits[at]?.classList.remove("is-current");
      const next = hits[(at + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length];
      next?.classList.add("is-current");
      next?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      location.href = hits[at].href;
    }
  }
  document.addEventListener("click", (event) => { if (results() && !event.target.closest(".search")) clearSearch(); });
})();
