from django.urls import path

from credit.views import evidence, ratings

rating_urls = [
    path("ratings/", ratings.RatingList.as_view(), name="ratings"),
    path("ratings/<int:pk>/", ratings.RatingPage.as_view(), name="rating"),
    path("ratings/<int:pk>/against/<int:other_pk>/", ratings.compare, name="compare_ratings"),
    path("ratings/<int:pk>/confirm/", ratings.ConfirmRating.as_view(), name="confirm_rating"),
    path("ratings/<int:pk>/lift/", ratings.LiftRating.as_view(), name="lift_rating"),
    path("ratings/<int:pk>/exclude/", ratings.ExcludeRating.as_view(), name="exclude_rating"),
    path("ratings/<int:pk>/override/", ratings.OverrideRating.as_view(), name="override_rating"),
    path("customers/<int:pk>/rate/", ratings.Rate.as_view(), name="rate"),
    path("customers/<int:pk>/statements/new/", evidence.NewStatement.as_view(), name="new_statement"),
    path("customers/<int:pk>/investigations/new/", evidence.NewInvestigation.as_view(), name="new_investigation"),
    path("customers/<int:pk>/evidence/", evidence.Evidence.as_view(), name="evidence"),
    path("statements/", evidence.StatementsToConfirm.as_view(), name="statements_to_confirm"),
    path("statements/<int:pk>/confirm/", evidence.ConfirmStatement.as_view(), name="confirm_statement"),
    path("reviews/", ratings.ReviewList.as_view(), name="reviews"),
    path("reviews/<int:pk>/", ratings.ReviewPage.as_view(), name="review"),
    path("reviews/<int:pk>/submit/", ratings.SubmitReview.as_view(), name="submit_review"),
]
