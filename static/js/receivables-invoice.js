// The form of an invoice: credit notes ask which invoice they correct; Ctrl+Enter posts.
"use strict";
(() => {
  const form = () => document.getElementById("posting-form");
  document.addEventListener("change", (event) => {
    if (!form()?.contains(event.target)) return;
    if (event.target.name === "kind") form().querySelector("[data-for-credit-note]").hidden = event.target.value !== "credit_note";
    if (event.target.name === "customer") ofCustomer();
  });
  document.addEventListener("keydown", (event) => {
    if (!form() || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form().requestSubmit(form().querySelector("[data-post]"));
  });
  // The search box over invoices looks among those of the chosen customer.
  function ofCustomer() {
    const box = form().elements.corrects;
    const url = new URL(box.dataset.remote, location.href);
    url.searchParams.set("customer", form().elements.customer.value);
    box.dataset.remote = url.pathname + url.search;
  }
  document.addEventListener("DOMContentLoaded", () => {
    if (!form()) return;
    ofCustomer();
    const customer = form().elements.customer;
    customer.tomselect?.on("item_add", () => setTimeout(() => form().elements.number.focus(), 0));
    if (form().querySelector(".is-invalid, .alert")) return;
    if (!customer.value) customer.tomselect?.focus();
    else form().elements.number.focus();
  });
})();
