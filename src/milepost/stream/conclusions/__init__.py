"""The kinds of conclusions, one a module; `stream/conclusion.py` says what each must declare."""
