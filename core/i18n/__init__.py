"""Two languages: gettext catalogues, the choice of one, and errors in words."""

from core.i18n.translation import LANGUAGES, N_, best_language, explain, translator

__all__ = ["LANGUAGES", "N_", "best_language", "explain", "translator"]
