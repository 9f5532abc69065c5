// The page of a case: keys for the round (n, p) and for the outcomes of a call (1 to 4); one outcome's form at a time.
"use strict";
(() => {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable], .ts-wrapper");

  function choose(button) {
    const box = button.closest("[data-outcomes]");
    const opens = button.getAttribute("aria-expanded") !== "true";
    for (const other of box.querySelectorAll("[data-outcome]")) {
      const open = other === button && opens;
      other.setAttribute("aria-expanded", String(open));
      document.getElementById(other.getAttribute("aria-controls")).hidden = !open;
    }
    if (opens) {
      const form = document.getElementById(button.getAttribute("aria-controls"));
      form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-outcome]");
    if (button) choose(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const wanted = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key.split(" ").includes(event.key));
    if (!wanted) return;
    event.preventDefault();
    wanted.click();
  });
})();
