// The column step of an import: the first values beside a field follow the column that is chosen for it.
"use strict";
(() => {
  document.addEventListener("change", (event) => {
    const select = event.target.closest("select[data-column]");
    if (!select) return;
    const option = select.selectedOptions[0];
    select.closest("tr").querySelector("[data-sample-cell]").textContent = option?.dataset.sample ?? "";
  });
})();
