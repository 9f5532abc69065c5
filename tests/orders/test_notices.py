"""Who is told what became of an order."""

from contracts.models import Contract, OrderState
from contracts.services.releasing import release_order
from credit.models import CreditAccount
from credit.services import recheck_holds
from crm.notices.models import Notice
from tests.orders.making import TODAY, Shop


def told(person: object) -> list[str]:
    return list(Notice.objects.filter(user=person).order_by("pk").values_list("kind", flat=True))


class TestNotices:
    def test_the_warehouse_is_told_what_may_leave_and_who_released_it_is_not(self, shop: Shop) -> None:
        shop.released()
        assert (told(shop.alice), told(shop.walter)) == ([], ["order_to_deliver"])

    def test_the_owner_is_told_what_somebody_else_does(self, shop: Shop) -> None:
        order = shop.draft("1001")
        held = release_order(actor=shop.company.mona, order_id=order.pk, version=1, on=TODAY)
        assert held.state == OrderState.HELD
        assert (told(shop.alice), told(shop.walter)) == (["order_held"], [])

    def test_the_owner_is_told_of_an_order_that_goes_by_itself(self, shop: Shop) -> None:
        order = shop.released("1001")
        CreditAccount.objects.filter(customer=shop.customer).update(limit=200_000)
        recheck_holds(customer_id=shop.customer.pk, on=TODAY)
        order.refresh_from_db()
        assert order.state == OrderState.RELEASED
        assert (told(shop.alice), told(shop.walter)) == (["order_released"], ["order_to_deliver"])
        assert order.number in Notice.objects.get(user=shop.alice).sentence

    def test_the_owner_is_told_of_an_order_that_is_a_draft_again(self, shop: Shop) -> None:
        order = shop.released("1001")
        Contract.objects.filter(pk=shop.contract.pk).update(state="in_performance")
        Contract.objects.filter(pk=shop.contract.pk).update(state="expired", ended_on=TODAY)
        CreditAccount.objects.filter(customer=shop.customer).update(limit=200_000)
        recheck_holds(customer_id=shop.customer.pk, on=TODAY)
        order.refresh_from_db()
        assert order.state == OrderState.DRAFT
        assert (told(shop.alice), told(shop.walter)) == (["order_returned"], [])
