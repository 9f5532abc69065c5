// The language switch of the administration comes back to the page it was used on.
"use strict";
document.addEventListener("submit", (event) => {
  event.target.querySelectorAll("[data-current-path]").forEach((input) => { input.value = location.pathname + location.search; });
});
