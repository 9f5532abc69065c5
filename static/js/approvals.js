// Rows of the inbox by the keyboard: j k move, a approve, l for less, q ask back, r reject, Enter open.
"use strict";
(() => {
  const rows = () => [...document.querySelectorAll("[data-asks] [data-ask]")];
  const current = () => rows().find((row) => row.classList.contains("is-current"));

  function choose(row) {
    rows().forEach((each) => each.classList.toggle("is-current", each === row));
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  // A verb that needs words first asks for them; pressed again, or Enter with Ctrl, it sends.
  function press(row, key) {
    const button = row.querySelector(`[data-key="${key}"]`);
    if (!button) return;
    const amount = row.querySelector("[data-amount]");
    const reason = row.querySelector("[data-reason]");
    row.dataset.verb = key;
    if (key === "l" && !amount.value.trim()) amount.focus();
    else if (key !== "a" && !reason.value.trim()) reason.focus();
    else button.click();
  }

  document.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-ask]");
    if (row && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      row.querySelector(`[data-key="${row.dataset.verb || "a"}"]`)?.click();
      return;
    }
    if (row && event.key === "Enter" && event.target.matches("[data-amount]")) {
      event.preventDefault();
      press(row, "l");
      return;
    }
    if (row && event.key === "Escape" && event.target.matches("[data-amount], [data-reason]")) {
      choose(row);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(current());
    if (event.key === "j" || event.key === "k") choose(all[Math.min(all.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)))]);
    else if (at >= 0 && "alqr".includes(event.key)) { event.preventDefault(); press(all[at], event.key); }
    else if (at >= 0 && event.key === "Enter" && !event.target.closest("a, button")) location.href = all[at].querySelector("[data-open]").href;
  });

  // Where one works with the mouse or a finger, the keys go on from there.
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-asks] [data-ask]");
    if (row) rows().forEach((each) => each.classList.toggle("is-current", each === row));
  });
  // A row that is decided: the next one is at hand.
  document.addEventListener("htmx:afterSwap", () => {
    if (document.activeElement === document.body && rows().length && !current()) rows()[0].classList.add("is-current");
  });
})();
