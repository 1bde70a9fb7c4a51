"""De-identified samples, by which an evaluator judges the work without learning whose life it was about."""
