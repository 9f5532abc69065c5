// The editor of a contract template: a click on a name puts it, in double braces, where the cursor stood last.
"use strict";
(() => {
  let last = null;
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("#version-form textarea[name$='-text']")) last = event.target;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button || !last || !last.isConnected) return;
    last.setRangeText(`{{ ${button.dataset.insert} }}`, last.selectionStart, last.selectionEnd, "end");
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
