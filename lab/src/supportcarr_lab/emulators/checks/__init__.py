"""An emulator of a provider of identity and background checks: candidates, reports, signed webhooks.

``providers.checks`` of the product says which services it resembles.  The last word of a candidate's name
decides the result: ``Consider`` is found worth a look, ``Canceled`` cannot be checked; all others are clear.
"""
