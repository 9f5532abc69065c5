"""Pages of a product: what it is and where its price is fixed, a new one, and its form."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from contracts.errors import ProductChanged
from contracts.forms.products import ProductForm
from contracts.models import Contract, ContractLine, Product
from contracts.selectors.editing import changes_since
from contracts.services.products import MAY_ADD, MAY_CHANGE, add_product, change_product
from contracts.views.conflicts import Conflict, conflict_after, keeping, of_fields
from crm.audit.registry import audit_url
from crm.core.dates import business_today
from crm.core.pages import FormView
from crm.core.permissions import Guarded

FIXED = 20  # so many contracts are named


class ProductPage(Guarded):
    """A product with its list price, and the contracts in force the reader sees that fix another."""

    permission = "contracts.view_product"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        product, user = get_object_or_404(Product, pk=pk), request.user
        may_change = user.has_perm(MAY_CHANGE)
        context: dict[str, Any] = {"record": product, "may_change": may_change}
        if may_change:  # its cost is for those only, and its history shows it
            context["changes_url"] = audit_url(product)
        if user.has_perm("contracts.view_contract"):
            context["fixed"] = fixed_prices(product, user)
        return render(request, "contracts/products/page.html", context)


def fixed_prices(product: Product, user: Any) -> list[dict[str, Any]]:
    """The prices at which contracts in force sell a product, the newest contracts first."""
    binding = Contract.objects.visible_to(user).in_force(business_today()).order_by().values("pk")
    lines = ContractLine.objects.filter(product=product, contract__in=binding).select_related("contract__customer")
    return [{"contract": line.contract, "price": line.price} for line in lines.order_by("-contract_id")[:FIXED]]


class NewProduct(FormView):
    """A product that is not sold yet."""

    form_class, permission = ProductForm, MAY_ADD
    title, submit = gettext_lazy("New product"), gettext_lazy("Add the product")
    done = gettext_lazy("The product is added.")

    def perform(self, form: ProductForm) -> str:
        return add_product(actor=self.request.user, row=form.row(form.cleaned_data["code"])).get_absolute_url()

    def cancel_url(self) -> str:
        return reverse("contracts:products")


class EditProduct(FormView):
    """Names, unit, price and cost of a product, and whether it is sold."""

    form_class, permission = ProductForm, MAY_CHANGE
    template_name = "contracts/products/edit.html"
    intro = gettext_lazy("Orders and contracts that stand keep their prices.")
    done = gettext_lazy("The product is changed.")
    product: Product
    conflict: Conflict | None = None

    def prepare(self, request: HttpRequest, **kwargs: Any) -> None:
        self.product = get_object_or_404(Product, **kwargs)

    def page_title(self) -> str:
        return f"{self.product.code} {self.product}"

    def form_kwargs(self) -> dict[str, Any]:
        return {"record": self.product}

    def perform(self, form: ProductForm) -> str:
        edition = form.cleaned_data.pop("edition")
        row = form.row(self.product.code)
        try:
            change_product(actor=self.request.user, product_id=self.product.pk, row=row, edition=edition)
        except ProductChanged:
            self.show_conflict(form, edition)
            raise
        return self.product.get_absolute_url()

    def show_conflict(self, form: ProductForm, edition: int) -> None:
        saved = ProductForm(record=self.product).initial
        self.conflict = conflict_after(
            changes_since(self.product, edition),
            saved["edition"],
            form,
            self.request.user,
            of_fields(form, saved),
            url=self.request.path,
        )

    def context(self, request: HttpRequest) -> dict[str, Any]:
        return keeping(self.conflict)

    def cancel_url(self) -> str:
        return self.product.get_absolute_url()
