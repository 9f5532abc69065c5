// The table of open invoices under a receipt: ticks, amounts and what remains, in whole cents; keys for all of it.
"use strict";
(() => {
  const table = () => document.querySelector("[data-matches]");
  const rows = () => [...document.querySelectorAll("[data-match]")];
  const lineOf = (row) => row.querySelector("[data-line]");
  const FULL_WIDTH = /[\uff10-\uff19\uff0c\uff0e\uff0d]/g;

  // Money is counted in cents as BigInt: no rounding, whatever the amount.
  function cents(text) {
    const plain = text.replace(FULL_WIDTH, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0)).replace(/[,\s]/g, "");
    if (plain === "") return 0n;
    const found = /^(-?)(\d+)(?:\.(\d{0,2}))?$/.exec(plain);
    if (!found) return null;
    const amount = BigInt(found[2] + (found[3] ?? "").padEnd(2, "0"));
    return found[1] ? -amount : amount;
  }
  function show(amount) {
    const digits = String(amount < 0n ? -amount : amount).padStart(3, "0");
    const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
    return `${amount < 0n ? "-" : ""}${whole}.${digits.slice(-2)}`;
  }
  function available() {
    const field = document.querySelector("#posting-form [name=amount]");
    return cents(field ? field.value : table().dataset.available) ?? 0n;
  }
  const given = (but) => rows().reduce((sum, row) => (row === but ? sum : sum + (cents(lineOf(row).value) ?? 0n)), 0n);
  const least = (...amounts) => amounts.reduce((a, b) => (b < a ? b : a));
  const openOf = (row) => cents(row.dataset.open);

  function recount() {
    if (!table()) return;
    const sums = table().querySelector(".matches-sums");
    let wrong = false;
    for (const row of rows()) {
      const line = lineOf(row);
      const amount = cents(line.value);
      const over = amount !== null && amount > openOf(row);
      const note = row.querySelector("[data-line-error]");
      note.textContent = amount === null ? sums.dataset.textBad : over ? sums.dataset.textTooMuch : "";
      wrong ||= amount === null || over;
      line.classList.toggle("is-invalid", amount === null || over);
      const ticked = line.value.trim() !== "";
      row.classList.toggle("is-ticked", ticked);
      row.querySelector("[data-line-tick]").checked = ticked;
      const suggested = row.dataset.suggested !== "" && amount === cents(row.dataset.suggested) && ticked;
      row.querySelector("[data-why]").hidden = !suggested;
      row.querySelector("[data-by-hand]").hidden = suggested || !ticked;
    }
    const has = available();
    const gives = given();
    const rest = has - gives;
    sums.querySelector("[data-sum-available]").textContent = show(has);
    sums.querySelector("[data-sum-given]").textContent = show(gives);
    sums.querySelector("[data-sum-rest]").textContent = show(rest);
    sums.querySelector("[data-sum-word]").textContent = rest < 0n ? sums.dataset.textOver : rest > 0n ? sums.dataset.textLeft : gives > 0n ? sums.dataset.textFull : "";
    sums.classList.toggle("is-over", rest < 0n || wrong);
    sums.classList.toggle("is-even", rest === 0n && gives > 0n);
  }

  function touch() {
    table().querySelector("[data-touched]").value = "1";
    document.getElementById("posting-form").setAttribute("data-dirty", "");
    recount();
  }
  function fill(row, amount) {
    lineOf(row).value = amount > 0n ? show(amount) : "";
  }
  function tick(row, on) {
    if (!on) return fill(row, 0n);
    const rest = available() - given(row);
    fill(row, rest > 0n ? least(rest, openOf(row)) : openOf(row));
  }
  function clear() {
    rows().forEach((row) => fill(row, 0n));
  }
  function oldest() {
    clear();
    let rest = available();
    for (const row of rows()) {
      const part = least(rest, openOf(row));
      fill(row, part);
      rest -= part;
      if (rest <= 0n) break;
    }
  }
  function exact() {
    const wanted = available();
    const found = rows().find((row) => openOf(row) === wanted);
    clear();
    if (found) {
      fill(found, wanted);
      lineOf(found).focus();
    } else {
      document.dispatchEvent(new CustomEvent("toast", { detail: { text: table().querySelector(".matches-sums").dataset.textNoExact, tone: "warning" } }));
    }
  }
  function suggest() {
    table().querySelector("[data-touched]").value = "";
    clear();
    htmx.trigger("#matches", "refresh-matches");
  }
  function go(to) {
    const lines = rows().map(lineOf);
    if (!lines.length) return;
    const at = lines.indexOf(document.activeElement);
    const next = lines[Math.min(lines.length - 1, Math.max(0, at < 0 ? 0 : at + to))];
    next.focus();
    next.select();
    next.closest("tr").scrollIntoView({ block: "nearest" });
  }

  const COMMANDS = {
    ArrowDown: () => go(1), j: () => go(1), ArrowUp: () => go(-1), k: () => go(-1),
    o: () => { oldest(); touch(); }, e: () => { exact(); touch(); }, x: () => { clear(); touch(); }, s: suggest,
  };
  document.addEventListener("keydown", (event) => {
    const form = document.getElementById("posting-form");
    if (!form || document.getElementById("dialog")?.open) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      return form.requestSubmit(document.querySelector("[data-post]"));
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "ArrowDown") {
      event.preventDefault();
      return go(0);
    }
    const row = event.target.closest("[data-match]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") {
      event.preventDefault();
      tick(row, lineOf(row).value.trim() === "");
      touch();
      lineOf(row).select();
    } else if (COMMANDS[event.key]) {
      event.preventDefault();
      COMMANDS[event.key]();
    } else if (event.key === "Enter") {
      event.preventDefault();
      go(1);
    }
  });

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-line]")) touch();
    else if (event.target.matches("#posting-form [name=amount]")) recount();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-line-tick]")) return;
    tick(event.target.closest("[data-match]"), event.target.checked);
    touch();
  });
  document.addEventListener("click", (event) => {
    const to = event.target.closest("[data-switch-to]");
    if (!to) return;
    const form = document.getElementById("posting-form");
    form.elements.currency.value = to.dataset.currency;
    form.elements.legal_entity.value = to.dataset.entity;
    table().querySelector("[data-touched]").value = "";
    form.elements.currency.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // Suggestions that are still on their way are waited for: nobody posts what was not seen.
  let waiting = 0;
  let stale = false;
  document.addEventListener("input", (event) => {
    if (event.target.matches("#posting-form [name=amount], #posting-form [name=reference]")) stale = true;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target.id === "matches") waiting += 1;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.target.id !== "matches") return;
    waiting = Math.max(0, waiting - 1);
    stale = false;
    recount();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "matches") return;
    takePlace();
    recount();
  });
  // A newly chosen payer's money goes where the open invoices are; what the reader then chooses stays.
  function takePlace() {
    const fields = document.getElementById("posting-form").elements;
    const { customer, entity, currency } = table()?.dataset ?? {};
    if (!customer || !fields.seen_customer) return;
    fields.seen_customer.value = customer;
    if (entity) fields.legal_entity.value = entity;
    if (currency) fields.currency.value = currency;
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "posting-form" || !form.matches("[data-posting]")) return;
    const touched = table()?.querySelector("[data-touched]").value === "1";
    if (!(waiting || stale) || touched || !document.getElementById("matches").getAttribute("hx-trigger").includes("change")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: document.querySelector("[data-wait-text]").dataset.waitText, tone: "info" } }));
  }, true);

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("posting-form");
    if (!form) return;
    recount();
    const customer = form.elements.customer;
    // The payer is chosen: the amount is what comes next.
    customer?.tomselect?.on("item_add", () => setTimeout(() => form.elements.amount.focus(), 0));
    if (form.querySelector(".is-invalid, .alert")) return;
    if (customer && !customer.value) customer.tomselect?.focus();
    else if (form.elements.amount) form.elements.amount.focus();
    else go(0);
  });
})();
